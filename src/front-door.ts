import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { env } from "@/env";
import { noteDoubt } from "@/forwarded";
import { secureHeaders } from "@/headers";
import { log } from "@/log";
import { rawStatusOf } from "@/nodes-answers";
import { giveFailureWords } from "@/page-failure";
import { detailsOf } from "@/trpc/errors";
import { http, TRPC_PATH } from "@/trpc/http";

/** The longest request body, in bytes. */
const BODY_CAP = 16_384;

/** What a client can claim of itself on the way in; each is dropped and told anew. */
const CLAIMS = [
  "x-forwarded-for",
  "x-real-ip",
  "forwarded",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-request-id",
  "next-action",
];

/** Health checks come by IP address, from machines that know no Host. */
const PROBES = new Set(["/api/health", "/api/ready"]);

/** An address without the decorations it comes with: brackets, a port, a zone, IPv4 mapped into IPv6. */
function bare(address: string | undefined): string {
  const text = (address ?? "").trim();
  const inBrackets = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d+$/.exec(text)?.[1];
  return (inBrackets ?? withPort ?? text).replace(/%.*$/, "").replace(/^::ffff:(?=[\d.]+$)/i, "");
}

/**
 * The true client address: the socket's, or with `hops` trusted proxies in front the hops-th of
 * `X-Forwarded-For` from the right; what stands left of it anybody may have written (THR-05). Where fewer came than
 * were declared it is the socket's, which nobody can choose.
 */
export function clientAddress(forwardedFor: string | undefined, socket: string | undefined, hops: number): string {
  return hopAddress(forwardedFor, hops) ?? bare(socket);
}

/** The hops-th address from the right; null where there are fewer, or none is declared. */
function hopAddress(forwardedFor: string | undefined, hops: number): string | null {
  const claimed = hops > 0 ? bare(forwardedFor?.split(",").at(-hops)) : "";
  return isIP(claimed) ? claimed : null;
}

/** Why a request is turned away at the door, as a status with its name; null lets it in. */
export function refusal(
  req: Pick<IncomingMessage, "method" | "url" | "headers"> &
    Partial<Pick<IncomingMessage, "headersDistinct" | "httpVersion">>,
  host: string,
): [number, string] | null {
  // `GET http://elsewhere/` would pass a look at Host alone.
  if (!req.url?.startsWith("/")) return [400, "Bad Request"];
  // HTTP/1.0 knows no Host, and some health checks speak it.
  if (req.headers.host === undefined && !(req.httpVersion === "1.0" && PROBES.has(pathOf(req.url))))
    return [400, "Bad Request"];
  // Two Hosts: a proxy in front may have looked at the other one (RFC 9112, 3.2).
  if ((req.headersDistinct?.host?.length ?? 1) > 1) return [400, "Bad Request"];
  if (!["GET", "HEAD", "POST"].includes(req.method ?? "")) return [405, "Method Not Allowed"];
  const path = pathOf(req.url);
  // Next would tidy these up: `/api/%2e/trpc` is answered by its own route, past this door's handler, and `//elsewhere`
  // by a redirect.
  if (/\\|\/(\/|(\.|%2e){1,2}(\/|$))/i.test(path)) return [400, "Bad Request"];
  // Where a part of the path is a parameter, Next answers one that does not decode with a fault.
  if (!isDecodable(path)) return [400, "Bad Request"];
  // Pages are only read: there are no server actions, and nothing else to post to.
  if (req.method === "POST" && !path.startsWith("/api/")) return [405, "Method Not Allowed"];
  if (req.headers.host !== host && !PROBES.has(path)) return [421, "Misdirected Request"];
  // Next's page for what is not there could not run its scripts here: its policy is for pages alone.
  if (path.startsWith("/api/") && !path.startsWith(`${TRPC_PATH}/`) && !PROBES.has(path)) return [404, "Not Found"];
  // Without a length there is no cap on what comes.
  if (req.headers["transfer-encoding"]) return [411, "Length Required"];
  if (Number(req.headers["content-length"] ?? 0) > BODY_CAP) return [413, "Payload Too Large"];
  return null;
}

/** Whether a path's percent signs spell bytes, and the bytes text. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** What is the same for everybody. All else is kept by no cache, Next's own redirects neither (SES-09). */
const FILES = /^\/(_next\/static\/|favicon\.ico|icon\.svg)/;

const pathOf = (url: string) => url.split("?", 1)[0] ?? "/";

/**
 * Says once, loudly, that the proxies seem to be others than are declared. Behind an undeclared one everyone is one
 * address, and shares one limit. Where more are declared than there are, what a client wrote itself may be counted as
 * its address; whoever writes nothing then comes with fewer addresses than were declared, and is told by that.
 */
function warnOfProxies(req: IncomingMessage, hops: number): void {
  const forwardedFor = header(req, "x-forwarded-for");
  if (hops === 0) {
    if ((forwardedFor || req.headers.forwarded) && noteDoubt("undeclared"))
      log().warn(
        "a forwarded header came in, but TRUSTED_PROXY_HOPS is 0: behind a proxy, everyone counts as one address",
      );
    return;
  }
  // Health checks come past the proxies.
  if (hopAddress(forwardedFor, hops) !== null || PROBES.has(pathOf(req.url ?? "/"))) return;
  if (noteDoubt("fewer"))
    log().warn(
      { hops },
      "fewer forwarded addresses came in than TRUSTED_PROXY_HOPS declares: if it is too high, clients can choose the address that they count as",
    );
}

/** What is known of a request for its log line by the time that its answer is out. */
type Known = {
  requestId: string;
  ip: string;
  /** Why its calls were refused. */
  reasons: string[];
  /** Who sent it, where that was looked up. */
  account?: string | undefined;
};

/** The refusals that say: not you, or not from there. Whoever gets many of them may be trying doors. */
const DENIED: readonly string[] = ["CROSS_SITE", "UNAUTHORIZED", "FORBIDDEN", "STEP_UP_REQUIRED"];

/** Writes the request's one log line when its answer is out. Never the query: it may hold a token. */
function tellOutcome(req: IncomingMessage, res: ServerResponse, known: Known): void {
  const started = performance.now();
  const { method, url = "/" } = req;
  res.once("close", () => {
    const path = pathOf(url).slice(0, 200);
    const ms = Math.round(performance.now() - started);
    const { requestId, ip, account } = known;
    const reasons = known.reasons.filter((reason) => reason !== "INTERNAL");
    // 499, as proxies say it: the client hung up before there was an answer.
    const status = rawStatusOf(res) ?? (res.writableFinished ? res.statusCode : 499);
    const isRefused = reasons.length > 0 || (res.statusCode >= 400 && res.statusCode < 500 && res.statusCode !== 404);
    const line = {
      ...(isRefused ? { event: "request.refused" } : {}),
      requestId,
      method,
      path,
      status,
      ms,
      ip,
      ...(reasons.length > 0 ? { reasons } : {}),
      ...(account === undefined ? {} : { account }),
    };
    if (reasons.some((reason) => DENIED.includes(reason)) || res.statusCode === 421) log().warn(line, "request");
    else if (path.startsWith("/_next/")) log().debug(line, "request");
    else log().info(line, "request");
  });
}

/**
 * The one way in: refuses what is out of order, finds the true client address, hands `/api/trpc` to tRPC's own
 * handler and everything else to Next. In development tRPC goes through Next too, which reloads it.
 */
export function createListener(next: RequestListener, options: { dev: boolean }): RequestListener {
  const knownOf = new WeakMap<IncomingMessage, Known>();
  const trpc = createHTTPHandler({
    ...http,
    basePath: `${TRPC_PATH}/`,
    createContext: ({ req, info }) => http.contextOf(req.method ?? "", headersOf(req), info),
    onError({ req, ...fault }) {
      const known = knownOf.get(req);
      known?.reasons.push(detailsOf(fault.error).reason);
      if (known) known.account = fault.ctx?.accountId();
      http.tellFault(fault);
    },
  });
  return (req, res) => {
    const { baseUrl, secureCookies, trustedProxyHops } = env();
    const requestId = randomUUID();
    const ip = clientAddress(header(req, "x-forwarded-for"), req.socket.remoteAddress, trustedProxyHops);
    const known: Known = { requestId, ip, reasons: [] };
    knownOf.set(req, known);
    tellOutcome(req, res, known);
    warnOfProxies(req, trustedProxyHops);
    res.setHeader("x-request-id", requestId);
    for (const [name, value] of secureHeaders(secureCookies)) res.setHeader(name, value);
    if (!FILES.test(req.url ?? "/")) res.setHeader("cache-control", "no-store");

    const refused = refusal(req, baseUrl.host);
    if (refused) {
      const [status, message] = refused;
      res
        .writeHead(status, {
          "content-type": "text/plain; charset=utf-8",
          "cache-control": "no-store",
          connection: "close",
        })
        .end(message);
      return;
    }
    // Any other expectation was refused before. Only what is let in is asked to go on.
    if (req.headers.expect && req.httpVersion === "1.1") res.writeContinue();
    for (const name of CLAIMS) delete req.headers[name];
    req.headers["x-forwarded-for"] = ip;
    req.headers["x-forwarded-host"] = baseUrl.host;
    req.headers["x-forwarded-proto"] = baseUrl.protocol.slice(0, -1);
    req.headers["x-request-id"] = requestId;
    // No streamed batches: such an answer begins before its status and cookies are known.
    req.headers["trpc-accept"] = "application/json";
    if (!options.dev && req.url?.startsWith(`${TRPC_PATH}/`)) {
      trpc(req, res);
      return;
    }
    // In development the page tells the developer what it was.
    if (!options.dev) giveFailureWords(res);
    next(req, res);
  };
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

function headersOf(req: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    for (const part of Array.isArray(value) ? value : [value]) if (part !== undefined) headers.append(name, part);
  }
  return headers;
}
