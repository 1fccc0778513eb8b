import type { Session } from "@/accounts/sessions";

/** The caller, as far as the transport knows. */
export type Caller = {
  requestId: string;
  ipAddress: string;
  userAgent: string | null;
  /** SHA-256 of the browser cookie; null if this browser never asked for a code. */
  browser: string | null;
  /** SHA-256 of each secret in the device cookie, the last used first; empty if nobody has signed in here yet. */
  devices: string[];
  session: Session | null;
  /** Aborted when the client hangs up; null if there is no client, for example while a page is rendered. */
  signal: AbortSignal | null;
};

/** A caller that asks for a code. Its browser has a cookie that the challenge is bound to (law 6). */
export type AskingCaller = Caller & { browser: string };

/** The browser as a known device of an account, by its hash. `deviceSecret` is for the cookie of a new one. */
export type KnownHere = { deviceSecret: string | null; deviceHash: string };

/** The result of a sign-in: the next page, and the cookies. A browser without an id gets none. */
export type SignedIn = KnownHere & {
  next: "profile" | "account";
  sessionSecret: string;
  browserId: string | null;
};
