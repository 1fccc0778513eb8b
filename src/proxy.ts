import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { aloneAnswer, isAlone } from "@/alone";
import { env } from "@/env";

/**
 * Gives every page its own Content-Security-Policy: only scripts with its nonce run (HDR-03). Next reads the nonce from
 * the request's header, which is overwritten here. Inline styles are allowed, because React writes them and a style
 * cannot run.
 */
export function proxy(req: NextRequest): Response {
  if (isAlone()) return aloneAnswer();
  // The front door sets the API's policy.
  if (req.nextUrl.pathname.startsWith("/api/")) return NextResponse.next();
  const dev = env().development;
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${dev ? " ws:" : ""}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "frame-src 'self'",
  ].join("; ");
  const headers = new Headers(req.headers);
  headers.delete("x-nonce");
  headers.set("content-security-policy", policy);
  const answer = NextResponse.next({ request: { headers } });
  answer.headers.set("content-security-policy", policy);
  return answer;
}

export const config = { matcher: "/((?!_next/static/).*)" };
