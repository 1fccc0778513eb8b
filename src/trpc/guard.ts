import { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { env } from "@/env";
import { readSessionCookie } from "./cookies";
import { refused } from "./errors";
import type { Meta } from "./init";

/** How many calls one request may hold (tRPC's own default is without limit). */
export const MAX_BATCH_SIZE = 10;

/**
 * What holds of a whole request before any procedure runs: JSON only, from our own pages, one guess at most.
 * @throws TRPCError with status 400, 403 or 415.
 */
export function guardRequest(
  method: string,
  headers: Headers,
  info: TRPCRequestInfo,
  metaOf: (path: string) => Meta | undefined,
): void {
  // The front door asks for plain answers in the client's name; in development, past it, a streamed one is refused.
  if (info.accept === "application/jsonl") throw new TRPCError({ code: "BAD_REQUEST" });
  // One request, one guess: a batch of 200 codes would else be 200 guesses at the price of one (THR-02).
  if (info.calls.filter(({ path }) => metaOf(path)?.checks).length > 1) throw new TRPCError({ code: "BAD_REQUEST" });
  if (method === "GET" || method === "HEAD") {
    // A link on another site could else write an entry into the audit log in an admin's name, unread by whoever set it.
    if (/^(cross|same)-site$/.test(headers.get("sec-fetch-site") ?? ""))
      throw refused({ ok: false, reason: "CROSS_SITE" });
    return;
  }
  // Forms of other sites cannot send JSON without asking first; multipart they can (HDR-01).
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
    throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE" });
  if (!isSameOrigin(headers)) throw refused({ ok: false, reason: "CROSS_SITE" });
}

/** Whether the browser says the request comes from our own pages. A program that says nothing passes without a session only. */
function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  if (origin !== null && origin !== env().baseUrl.origin) return false;
  if (site !== null) return site === "same-origin";
  return origin !== null || readSessionCookie(headers) === null;
}
