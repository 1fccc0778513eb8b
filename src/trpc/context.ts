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

/** What every procedure is given. It knows headers, and nothing of Next or of Node's HTTP. */
export type Context = ReturnType<typeof createContext>;

/**
 * Builds the context of one request. `answer` collects the headers of the answer.
 * @param signal aborted once the client has hung up; null for a page that is being rendered
 */
export function createContext(headers: Headers, answer: Headers, signal: AbortSignal | null) {
  const secret = readSessionCookie(headers);
  const requestId = headers.get("x-request-id") ?? randomUUID();
  // Batched calls share one request: the session is looked up once, and only when a procedure asks.
  let session: Promise<Session | null> | undefined;
  let accountId: string | undefined;
  let browser: string | undefined;
  const caller = async (): Promise<Caller> => {
    session ??= secret ? sessionOf(secret) : Promise.resolve(null);
    accountId = (await session)?.accountId;
    return {
      requestId,
      // The front door has put the true client here, and dropped what the client claimed.
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
    /** The secret in the session cookie as it came, whether or not there is such a session. */
    sessionSecret: secret,
    caller,
    /** Whose session it is, once that was looked up: for the log, which is not to look anything up. */
    accountId: () => accountId,
    /** The caller of a procedure that asks for a code: bound to its browser, which two asks of one batch share. */
    askingCaller: async () => {
      browser ??= bindBrowser(headers, answer);
      return { ...(await caller()), browser };
    },
    setSession: (sessionSecret: string) => setSessionCookie(answer, sessionSecret),
    /** The cookies of a sign-in. */
    signIn({ sessionSecret, browserId, ...known }: Omit<SignedIn, "next">) {
      setSessionCookie(answer, sessionSecret);
      if (browserId !== null) setBrowserCookie(answer, browserId);
      keepDevice(headers, answer, known);
    },
    /** A browser that has become a known device without signing in. */
    setDevice: (known: KnownHere) => keepDevice(headers, answer, known),
    /** The cookies after a sign-out: the browser is given a new id where it asks for something again. */
    signOut() {
      clearSessionCookie(answer);
      clearBrowserCookie(answer);
    },
  };
}
