import { STATUS_CODES } from "node:http";

/**
 * The security headers of every answer (HDR-04).
 * @param secure whether browsers use TLS
 */
export function secureHeaders(secure: boolean): [string, string][] {
  return [
    ...(secure
      ? [["strict-transport-security", "max-age=63072000; includeSubDomains"] satisfies [string, string]]
      : []),
    ["x-content-type-options", "nosniff"],
    ["referrer-policy", "no-referrer"],
    ["x-frame-options", "DENY"],
    ["cross-origin-opener-policy", "same-origin"],
    ["cross-origin-resource-policy", "same-origin"],
    // For everything but pages, which have their own policy (proxy.ts).
    ["content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
    ["permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"],
  ];
}

/** A refusal's headers: plain text, not cached. */
export const refusalHeaders = (secure: boolean): [string, string][] => [
  ...secureHeaders(secure),
  ["content-type", "text/plain; charset=utf-8"],
  ["cache-control", "no-store"],
];

/** A refusal as HTTP/1.1 text, for a socket without a response. */
export function rawRefusal(status: number, words: string, secure: boolean): string {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `date: ${new Date().toUTCString()}`,
    ...refusalHeaders(secure).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(words)}`,
    "connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n${words}`;
}
