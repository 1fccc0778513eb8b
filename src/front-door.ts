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

/** Headers by which a client could claim to be somebody else. */
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

/** Health checks come by IP address, with any Host. */
const PROBES = new Set(["/api/health", "/api/ready"]);

/** Without brackets, port, zone and the prefix of IPv4 in IPv6. */
function bare(address: string | undefined): string {
  const text = (address ?? "").trim();
  const inBrackets = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d+$/.exec(text)?.[1];
  return (inBrackets ?? withPort ?? text).replace(/%.*$/, "").replace(/^::ffff:(?=[\d.]+$)/i, "");
}

/**
 * The true client address (THR-05). With `hops` trusted proxies it is the hops-th from the right in `X-Forwarded-For`,
 * because a client can write those before it. With no proxies, or if there are fewer addresses, it is the socket's.
 */
export function clientAddress(forwardedFor: string | undefined, socket: string | undefined, hops: number): string {
  return hopAddress(forwardedFor, hops) ?? bare(socket);
}

function hopAddress(forwardedFor: string | undefined, hops: number): string | null {
  const claimed = hops > 0 ? bare(forwardedFor?.split(",").at(-hops)) : "";
  return isIP(claimed) ? claimed : null;
}

/** A refusal's status and message; null lets the request in. */
export function refusal(
  req: Pick<IncomingMessage, "method" | "url" | "headers"> &
    Partial<Pick<IncomingMessage, "headersDistinct" | "httpVersion">>,
  host: string,
): [number, string] | null {
  // `GET http://elsewhere/` could carry our Host.
  if (!req.url?.startsWith("/")) return [400, "Bad Request"];
  // HTTP/1.0 has no Host, and some health checks use it.
  if (req.headers.host === undefined && !(req.httpVersion === "1.0" && PROBES.has(pathOf(req.url))))
    return [400, "Bad Request"];
  // A proxy in front may have checked another Host (RFC 9112, 3.2).
  if ((req.headersDistinct?.host?.length ?? 1) > 1) return [400, "Bad Request"];
  if (!["GET", "HEAD", "POST"].includes(req.method ?? "")) return [405, "Method Not Allowed"];
  const path = pathOf(req.url);
  // Next would normalise these: `/api/%2e/trpc` would pass the handler below, and `//elsewhere` be redirected.
  if (/\\|\/(\/|(\.|%2e){1,2}(\/|$))/i.test(path)) return [400, "Bad Request"];
  // Next answers 500 if a parameter in the path does not decode.
  if (!isDecodable(path)) return [400, "Bad Request"];
  // Pages have no server actions.
  if (req.method === "POST" && !path.startsWith("/api/")) return [405, "Method Not Allowed"];
  if (req.headers.host !== host && !PROBES.has(path)) return [421, "Misdirected Request"];
  // Next's 404 page could not run its scripts under the API's policy.
  if (path.startsWith("/api/") && !path.startsWith(`${TRPC_PATH}/`) && !PROBES.has(path)) return [404, "Not Found"];
  if (req.headers["transfer-encoding"]) return [411, "Length Required"];
  if (Number(req.headers["content-length"] ?? 0) > BODY_CAP) return [413, "Payload Too Large"];
  return null;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The same for everybody. No cache keeps anything else, not even Next's redirects (SES-09). */
const FILES = /^\/(_next\/static\/|favicon\.ico|icon\.svg)/;

const pathOf = (url: string) => url.split("?", 1)[0] ?? "/";

/**
 * Warns once if TRUSTED_PROXY_HOPS seems wrong. If it is too low, everybody behind the proxy is one address. If it is
 * too high, a client can choose its address; an honest client's request then has fewer addresses than declared.
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
  // Health checks bypass the proxies.
  if (hopAddress(forwardedFor, hops) !== null || PROBES.has(pathOf(req.url ?? "/"))) return;
  if (noteDoubt("fewer"))
    log().warn(
      { hops },
      "fewer forwarded addresses came in than TRUSTED_PROXY_HOPS declares: if it is too high, clients can choose the address that they count as",
    );
}

type Known = {
  requestId: string;
  ip: string;
  /** Why its calls were refused. */
  reasons: string[];
  /** The account of its session, if it was looked up. */
  account?: string | undefined;
};

/** Many of these refusals may be an attack. */
const DENIED: readonly string[] = ["CROSS_SITE", "UNAUTHORIZED", "FORBIDDEN", "STEP_UP_REQUIRED"];

/** Writes the request's one log line, without the query, which may hold a token. */
function tellOutcome(req: IncomingMessage, res: ServerResponse, known: Known): void {
  const started = performance.now();
  const { method, url = "/" } = req;
  res.once("close", () => {
    const path = pathOf(url).slice(0, 200);
    const ms = Math.round(performance.now() - started);
    const { requestId, ip, account } = known;
    const reasons = known.reasons.filter((reason) => reason !== "INTERNAL");
    // 499: the client hung up.
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
 * Refuses what is out of order, finds the client's address, hands `/api/trpc` to tRPC's own handler and the rest to
 * Next. In development Next handles tRPC too, and reloads it.
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
    // Only a request that is let in may send its body.
    if (req.headers.expect && req.httpVersion === "1.1") res.writeContinue();
    for (const name of CLAIMS) delete req.headers[name];
    req.headers["x-forwarded-for"] = ip;
    req.headers["x-forwarded-host"] = baseUrl.host;
    req.headers["x-forwarded-proto"] = baseUrl.protocol.slice(0, -1);
    req.headers["x-request-id"] = requestId;
    // No stream: it would begin before status and cookies are known.
    req.headers["trpc-accept"] = "application/json";
    if (!options.dev && req.url?.startsWith(`${TRPC_PATH}/`)) {
      trpc(req, res);
      return;
    }
    // In development Next shows the fault.
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
