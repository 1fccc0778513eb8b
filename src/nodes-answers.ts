import { randomUUID } from "node:crypto";
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { env } from "@/env";
import { rawRefusal, refusalHeaders } from "@/headers";
import { log } from "@/log";

/*
 * Answers to requests that Node's HTTP server would refuse before any listener runs. Node's answers have no headers and
 * no words, and are not logged. These have the security headers, plain words and one log line, as every other refusal
 * has (HDR-04, LOG-04).
 */

/** The words for statuses that people meet, with what to do. */
const WORDS: Record<number, string> = {
  408: "Request Timeout: the request took too long. Try again.",
  431: "Request Header Fields Too Large: in a browser, clear this site's cookies and try again.",
};

/** The status for each of Node's error codes. Any other code means a malformed request. */
const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const rawAnswers = new WeakMap<ServerResponse, number>();

/** The status that was written past this response, because the body of its request was malformed. */
export const rawStatusOf = (res: ServerResponse): number | undefined => rawAnswers.get(res);

/** A TCP socket, which Node's types call a Duplex. */
type Socket = Duplex & { remoteAddress?: string };

/** Adds the listener to a server, and answers what Node would not pass on to it. */
export function answerInNodesPlace(server: Server, listener: RequestListener): void {
  /** The unfinished responses of each socket. Pipelining makes several. */
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on("request", (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    const its = waiting.get(socket) ?? new Set();
    waiting.set(socket, its.add(res));
    res.once("close", () => its.delete(res));
  });

  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    const code = error.code ?? "unknown";
    // The client hung up.
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const status = statuses[code] ?? 400;
    const [first, ...others] = waiting.get(socket) ?? [];
    // While other responses are unfinished, the client would take this answer for one of theirs. If the only unfinished
    // request is the one with the malformed body, the answer is its own.
    const isFree = !first || (others.length === 0 && !first.req.complete && !first.headersSent);
    if (isFree) answerRaw(socket, status);
    else socket.destroy();
    // The listener logs its own requests.
    if (isFree && first) rawAnswers.set(first, status);
    else tell({ status, ip: socket.remoteAddress, reasons: [code] });
  });

  server.on("connect", (req: IncomingMessage, socket: Socket) => {
    answerRaw(socket, 405);
    tell({ status: 405, method: req.method, ip: socket.remoteAddress });
  });

  // `Expect:` other than 100-continue. The listener itself answers that one, once it lets the request in.
  server.on("checkExpectation", (req: IncomingMessage, res: ServerResponse) => {
    for (const [name, value] of refusalHeaders(env().secureCookies)) res.setHeader(name, value);
    res.writeHead(417, { connection: "close" }).end(wordsOf(417));
    tell({ status: 417, method: req.method, ip: req.socket.remoteAddress });
  });
  server.on("checkContinue", (req, res) => {
    server.emit("request", req, res);
  });
  server.on("request", listener);
}

const wordsOf = (status: number) => WORDS[status] ?? STATUS_CODES[status] ?? "";

/** Writes a whole answer to a socket and ends the connection. */
function answerRaw(socket: Duplex, status: number): void {
  socket.end(rawRefusal(status, wordsOf(status), env().secureCookies), () => socket.destroy());
}

/** Writes the request's one log line. It holds nothing that was sent: a malformed request may hold a secret anywhere. */
function tell(line: { status: number; method?: string | undefined; ip: string | undefined; reasons?: string[] }): void {
  log().info({ event: "request.refused", requestId: randomUUID(), ...line }, "request");
}
