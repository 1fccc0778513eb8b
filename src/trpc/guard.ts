import { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { env } from "@/env";
import { readSessionCookie } from "./cookies";
import { refused } from "./errors";
import type { Meta } from "./init";

/** The most calls in one request. tRPC has no limit by default. */
export const MAX_BATCH_SIZE = 10;

/**
 * Checks a whole request before any procedure runs: it must be JSON, from our own pages, with one guess at most.
 * @throws TRPCError with status 400, 403 or 415
 */
export function guardRequest(
  method: string,
  headers: Headers,
  info: TRPCRequestInfo,
  metaOf: (path: string) => Meta | undefined,
): void {
  // The front door never asks for a streamed answer. In development Next may run without it.
  if (info.accept === "application/jsonl") throw new TRPCError({ code: "BAD_REQUEST" });
  // One guess for each request: a batch of 200 codes would be 200 guesses for the charge of one (THR-02).
  if (info.calls.filter(({ path }) => metaOf(path)?.checks).length > 1) throw new TRPCError({ code: "BAD_REQUEST" });
  if (method === "GET" || method === "HEAD") {
    // A link on another site could make an admin's browser write an entry into the audit log.
    if (/^(cross|same)-site$/.test(headers.get("sec-fetch-site") ?? ""))
      throw refused({ ok: false, reason: "CROSS_SITE" });
    return;
  }
  // Other sites can send a multipart form without a preflight, but no JSON (HDR-01).
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
    throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE" });
  if (!isSameOrigin(headers)) throw refused({ ok: false, reason: "CROSS_SITE" });
}

/** Whether the request comes from our own pages. A program that sends no origin may have no session cookie. */
function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  if (origin !== null && origin !== env().baseUrl.origin) return false;
  if (site !== null) return site === "same-origin";
  return origin !== null || readSessionCookie(headers) === null;
}
