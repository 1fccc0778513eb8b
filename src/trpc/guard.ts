import { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { env } from "@/env";
import { readSessionCookie } from "./cookies";
import { refused } from "./errors";
import type { Meta } from "./init";

/** The most calls in a request. tRPC has no limit by default. */
export const MAX_BATCH_SIZE = 10;

/**
 * Checks a request before any procedure runs: JSON, from our own pages, one guess at most.
 * @throws TRPCError with status 400, 403 or 415
 */
export function guardRequest(
  method: string,
  headers: Headers,
  info: TRPCRequestInfo,
  metaOf: (path: string) => Meta | undefined,
): void {
  // Without the front door, in development, a client could ask for a stream.
  if (info.accept === "application/jsonl") throw new TRPCError({ code: "BAD_REQUEST" });
  // A batch of 200 codes would be 200 guesses for the charge of one (THR-02).
  if (info.calls.filter(({ path }) => metaOf(path)?.checks).length > 1) throw new TRPCError({ code: "BAD_REQUEST" });
  if (method === "GET" || method === "HEAD") {
    // A link on another site could write an entry into the audit log, through an admin's browser.
    if (/^(cross|same)-site$/.test(headers.get("sec-fetch-site") ?? ""))
      throw refused({ ok: false, reason: "CROSS_SITE" });
    return;
  }
  // Other sites' forms can send multipart without a preflight, but no JSON (HDR-01).
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
    throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE" });
  if (!isSameOrigin(headers)) throw refused({ ok: false, reason: "CROSS_SITE" });
}

/**
 * Whether our own pages sent this. A program's request, without an origin, is accepted only without a session cookie.
 */
function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  if (origin !== null && origin !== env().baseUrl.origin) return false;
  if (site !== null) return site === "same-origin";
  return origin !== null || readSessionCookie(headers) === null;
}
