import { randomUUID } from "node:crypto";
import type { Session } from "@/accounts/sessions";
import type { Caller, KnownHere, SignedIn } from "@/flows/caller";
import { sessionOf } from "@/flows/session";
import {
  bindBrowser,
  clearBrowserCookie,
  clearSessionCookie,
  keepDevice,
  readBrowser,
  readDevices,
  readSessionCookie,
  setBrowserCookie,
  setSessionCookie,
} from "./cookies";

/** The context of every procedure. It knows headers, but neither Next nor Node's HTTP. */
export type Context = ReturnType<typeof createContext>;

/**
 * Builds the context of one request.
 * @param answer collects the headers of the answer
 * @param signal aborted once the client hangs up; null for a page that is being rendered
 */
export function createContext(headers: Headers, answer: Headers, signal: AbortSignal | null) {
  const secret = readSessionCookie(headers);
  const requestId = headers.get("x-request-id") ?? randomUUID();
  // Batched calls share the session, which is looked up when a procedure first asks.
  let session: Promise<Session | null> | undefined;
  let accountId: string | undefined;
  let browser: string | undefined;
  const caller = async (): Promise<Caller> => {
    session ??= secret ? sessionOf(secret) : Promise.resolve(null);
    accountId = (await session)?.accountId;
    return {
      requestId,
      // The front door sets this.
      ipAddress: headers.get("x-forwarded-for") ?? "unknown",
      userAgent: headers.get("user-agent")?.slice(0, 512) ?? null,
      browser: readBrowser(headers),
      devices: readDevices(headers),
      session: await session,
      signal,
    };
  };
  return {
    requestId,
    answer,
    /** The secret in the session cookie. There may be no such session. */
    sessionSecret: secret,
    caller,
    /** The session's account if it was looked up. The log looks nothing up. */
    accountId: () => accountId,
    /** A caller bound to its browser. All asks of a batch get one browser. */
    askingCaller: async () => {
      browser ??= bindBrowser(headers, answer);
      return { ...(await caller()), browser };
    },
    setSession: (sessionSecret: string) => setSessionCookie(answer, sessionSecret),
    signIn({ sessionSecret, browserId, ...known }: Omit<SignedIn, "next">) {
      setSessionCookie(answer, sessionSecret);
      if (browserId !== null) setBrowserCookie(answer, browserId);
      keepDevice(headers, answer, known);
    },
    /** For a browser that becomes a known device without signing in. */
    setDevice: (known: KnownHere) => keepDevice(headers, answer, known),
    /** The browser gets a new id when it next asks for a code. */
    signOut() {
      clearSessionCookie(answer);
      clearBrowserCookie(answer);
    },
  };
}
