import { randomUUID } from "node:crypto";
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { env } from "@/env";
import { rawRefusal, refusalHeaders } from "@/headers";
import { log } from "@/log";

/*
 * What Node's HTTP server would answer by itself, before any listener: without headers, without words, unlogged. Here
 * each has the security headers, plain words and one line in the log, as every other refusal has (HDR-04, LOG-04).
 */

/** What is told beyond the status's own name: what to do, where people meet it. */
const WORDS: Record<number, string> = {
  408: "Request Timeout: the request took too long. Try again.",
  431: "Request Header Fields Too Large: in a browser, clear this site's cookies and try again.",
};

/** Node's codes of what it could not read, and the status of each; any other is a malformed request. */
const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const rawAnswers = new WeakMap<ServerResponse, number>();

/** The status that was answered in this response's place, where its request's body could not be read to its end. */
export const rawStatusOf = (res: ServerResponse): number | undefined => rawAnswers.get(res);

/** The socket beneath: always a TCP one here, which the types leave open. */
type Socket = Duplex & { remoteAddress?: string };

/** Answers on a server, in Node's place, whatever never becomes a request of its listener; and hands over the rest. */
export function answerInNodesPlace(server: Server, listener: RequestListener): void {
  /** The answers that a socket still waits for: pipelined ones may be several. */
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on("request", (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    const its = waiting.get(socket) ?? new Set();
    waiting.set(socket, its.add(res));
    res.once("close", () => its.delete(res));
  });

  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    const code = error.code ?? "unknown";
    // The client hung up: nobody is left to be told.
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const status = statuses[code] ?? 400;
    const [first, ...others] = waiting.get(socket) ?? [];
    // An answer written past those that are under way would be read as the answer to an earlier request. To the one
    // request whose own body went wrong it is the answer.
    const isFree = !first || (others.length === 0 && !first.req.complete && !first.headersSent);
    if (isFree) answerRaw(socket, status);
    else socket.destroy();
    // A request that the listener knows has its line from there.
    if (isFree && first) rawAnswers.set(first, status);
    else tell({ status, ip: socket.remoteAddress, reasons: [code] });
  });

  server.on("connect", (req: IncomingMessage, socket: Socket) => {
    answerRaw(socket, 405);
    tell({ status: 405, method: req.method, ip: socket.remoteAddress });
  });

  // `Expect:` with anything but 100-continue, which the listener grants itself once it lets the request in.
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

/** Writes a whole answer where there is no response to write it with, and ends the connection. */
function answerRaw(socket: Duplex, status: number): void {
  socket.end(rawRefusal(status, wordsOf(status), env().secureCookies), () => socket.destroy());
}

/** The request's one line. Of what was sent it holds nothing: a malformed request may hold a secret anywhere. */
function tell(line: { status: number; method?: string | undefined; ip: string | undefined; reasons?: string[] }): void {
  log().info({ event: "request.refused", requestId: randomUUID(), ...line }, "request");
}
