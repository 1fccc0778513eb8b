import { Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { env, isDevelopment } from "@/env";
import { rawRefusal, refusalHeaders } from "@/headers";

/*
 * Without the front door (`next start`, or a host that runs Next itself) Next trusts the address and Host that a client
 * claims. All limits count addresses, so in production such a process serves nothing.
 */

const WORDS = `This server was started without its front door, so it answers nothing.
If you run it: stop it, and start it with

  npm start

`;

/** Whether Next runs without the front door in production. */
export const isAlone = (): boolean => !isDevelopment() && globalThis.latchkeyDoor === undefined;

/** False if the settings are not valid: nobody has checked them in such a process. */
function isSecure(): boolean {
  try {
    return env().secureCookies;
  } catch {
    return false;
  }
}

/** The one answer of such a process: 503, and what to do. */
export const aloneAnswer = (): Response => new Response(WORDS, { status: 503, headers: refusalHeaders(isSecure()) });

/**
 * Answers every request before Next does: redirects and static files bypass the proxy. A host may hand requests to Next
 * without a server of this process. Then the proxy and the API's routes check `isAlone`.
 */
export function refuseEverything(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (event: string | symbol, ...args: unknown[]) {
    const [, second] = args;
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
