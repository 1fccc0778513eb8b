import type { Session } from "@/accounts/sessions";

/** Who is calling, as far as the transport can tell. */
export type Caller = {
  requestId: string;
  ipAddress: string;
  userAgent: string | null;
  /** SHA-256 of the browser cookie; null where this browser never asked for a code. */
  browser: string | null;
  /** SHA-256 of each secret in the device cookie, the one used last first; none where nobody has signed in here yet. */
  devices: string[];
  session: Session | null;
  /** Aborted once the client has hung up; null where there is none, as for a page that is being rendered. */
  signal: AbortSignal | null;
};

/** A caller that asks for a code: its browser has been given a cookie to bind the challenge to (law 6). */
export type AskingCaller = Caller & { browser: string };

/** What a browser is to an account from now on: the device of this hash, by a new secret where it was none before. */
export type KnownHere = { deviceSecret: string | null; deviceHash: string };

/** What a sign-in earns: where to go next, and what is for its cookies. A browser without an id yet is given none. */
export type SignedIn = KnownHere & {
  next: "profile" | "account";
  sessionSecret: string;
  browserId: string | null;
};
