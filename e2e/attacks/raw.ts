import { connect } from "node:net";

/** What came back on a socket, and whether the server closed it. */
export type RawAnswer = { status: number; head: string; body: string; milliseconds: number };

/**
 * Writes bytes that no HTTP client would, and reads until the server closes the connection or has said all that it
 * announced. Status 0: it closed without a word, or said none for so many milliseconds.
 */
export function raw(port: number, bytes: string | Buffer, patience = 10_000): Promise<RawAnswer> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    const done = () => {
      socket.destroy();
      const [head = "", ...rest] = said.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, head, body: rest.join("\r\n\r\n"), milliseconds: performance.now() - start });
    };
    socket.setEncoding("utf8");
    socket.setTimeout(patience, done);
    socket.on("data", (chunk: string) => {
      said += chunk;
      if (isWhole(said)) done();
    });
    socket.on("close", done);
    socket.on("error", done); // a server that refuses may reset what is still being written
    socket.write(bytes);
  });
}

/** Whether an answer has come with all the bytes that its head announces. */
function isWhole(said: string): boolean {
  const end = said.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = said.slice(0, end);
  const body = said.slice(end + 4);
  // "100 Continue" is no answer yet: the answer follows.
  if (/^HTTP\/1\.1 1\d\d /.test(head)) return isWhole(body);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return Buffer.byteLength(body) >= Number(length);
  return /^transfer-encoding: chunked/im.test(head) ? body.endsWith("0\r\n\r\n") : false;
}
