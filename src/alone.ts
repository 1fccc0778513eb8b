import { Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { env, isDevelopment } from "@/env";
import { rawRefusal, refusalHeaders } from "@/headers";

/*
 * Next without the front door (`next start`, a host that runs Next itself) passes on whatever address and Host a client
 * claims. Every limit counts by the address, so in production such a process serves nothing.
 */

const WORDS = `This server was started without its front door, so it answers nothing.
If you run it: stop it, and start it with

  npm start

`;

/** Whether Next runs without the front door, in production. */
export const isAlone = (): boolean => !isDevelopment() && globalThis.latchkeyDoor === undefined;

/** Nobody has checked the settings of a process that runs alone: where they are not valid, TLS is not known of. */
function isSecure(): boolean {
  try {
    return env().secureCookies;
  } catch {
    return false;
  }
}

/** The one answer there is then: 503, and what to do. */
export const aloneAnswer = (): Response => new Response(WORDS, { status: 503, headers: refusalHeaders(isSecure()) });

/**
 * Answers every request to this process's own servers before Next sees it: Next's redirects and static files never
 * reach the proxy. A host that hands requests to Next without a server of this process still meets the proxy and the
 * API's routes, which ask `isAlone` themselves.
 */
export function refuseEverything(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (event: string | symbol, ...args: unknown[]) {
    const [, second] = args;
    // Node's own arguments of these events: a request with its response, or with its socket.
    if (event === "upgrade")
      (second as Duplex).end(rawRefusal(503, WORDS, isSecure()), () => (second as Duplex).destroy());
    else if (event === "request") {
      const res = second as ServerResponse;
      for (const [name, value] of refusalHeaders(isSecure())) res.setHeader(name, value);
      res.writeHead(503, { connection: "close" }).end(WORDS);
    } else return Reflect.apply(emit, this, [event, ...args]);
    return true;
  };
}
