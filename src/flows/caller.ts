import type { Session } from "@/accounts/sessions";

/** Who is calling, as far as the transport can tell. */
export type Caller = {
  requestId: string;
  ipAddress: string;
  userAgent: string | null;
  /** SHA-256 of the browser cookie; null where this browser never asked for a code. */
  browser: string | null;
  /** SHA-256 of the device cookie; null where nobody has signed in from this browser yet. */
  device: string | null;
  session: Session | null;
  /** Aborted once the client has hung up; null where there is none, as for a page that is being rendered. */
  signal: AbortSignal | null;
};

/** A caller that asks for a code: its browser has been given a cookie to bind the challenge to (law 6). */
export type AskingCaller = Caller & { browser: string };

/** What a sign-in earns: where to go next, and the secrets for its cookies; a browser that is a device already keeps its. */
export type SignedIn = { next: "profile" | "account"; sessionSecret: string; deviceSecret: string | null };
