import { randomUUID } from "node:crypto";
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { env } from "@/env";
import { rawRefusal, refusalHeaders } from "@/headers";
import { log } from "@/log";

/*
 * Answers to requests that Node's server refuses before any listener runs. Node's own have no headers and no words, and
 * are not logged (HDR-04, LOG-04).
 */

/** What to do, for statuses that people meet. */
const WORDS: Record<number, string> = {
  408: "Request Timeout: the request took too long. Try again.",
  431: "Request Header Fields Too Large: in a browser, clear this site's cookies and try again.",
};

/** By Node's error code. Any other code means a malformed request. */
const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const rawAnswers = new WeakMap<ServerResponse, number>();

/** The status written past this response, because its request's body was malformed. */
export const rawStatusOf = (res: ServerResponse): number | undefined => rawAnswers.get(res);

/** A TCP socket, which Node's types call a Duplex. */
type Socket = Duplex & { remoteAddress?: string };

/** Adds the listener to a server, and answers what Node would not hand to it. */
export function answerInNodesPlace(server: Server, listener: RequestListener): void {
  /** Each socket's unfinished responses: several if pipelined. */
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on("request", (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    const its = waiting.get(socket) ?? new Set();
    waiting.set(socket, its.add(res));
    res.once("close", () => its.delete(res));
  });

  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    const code = error.code ?? "unknown";
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const status = statuses[code] ?? 400;
    const [first, ...others] = waiting.get(socket) ?? [];
    // The client would take this answer for that of an unfinished request. That is right only if the one unfinished
    // request has the malformed body.
    const isFree = !first || (others.length === 0 && !first.req.complete && !first.headersSent);
    if (isFree) answerRaw(socket, status);
    else socket.destroy();
    if (isFree && first) rawAnswers.set(first, status);
    else tell({ status, ip: socket.remoteAddress, reasons: [code] });
  });

  server.on("connect", (req: IncomingMessage, socket: Socket) => {
    answerRaw(socket, 405);
    tell({ status: 405, method: req.method, ip: socket.remoteAddress });
  });

  // The listener itself answers `Expect: 100-continue`, once it lets the request in.
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

function answerRaw(socket: Duplex, status: number): void {
  socket.end(rawRefusal(status, wordsOf(status), env().secureCookies), () => socket.destroy());
}

/** Holds nothing that was sent: a malformed request may hold a secret anywhere. */
function tell(line: { status: number; method?: string | undefined; ip: string | undefined; reasons?: string[] }): void {
  log().info({ event: "request.refused", requestId: randomUUID(), ...line }, "request");
}
