import { createHmac } from "node:crypto";
import { findById } from "@/accounts/accounts";
import { noteCompletion, takeCompletion } from "@/accounts/completion";
import { db, type Tx } from "@/db/client";
import { keysFor } from "@/keys";
import type { Caller } from "./caller";
import { accept, type Outcome } from "./outcome";

/** A call of `completeProfile`, as it came: the secret in its session cookie, and all of its body. */
export type Completion = { secret: string | null; body: Record<string, unknown> };

/**
 * The MACs of such a call, by the newest key first: over its body, which holds a password, and the browser that it
 * came from.
 */
function macsOf(body: Record<string, unknown>, browser: string): [string, ...string[]] {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([browser, fields.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const macOf = ({ bytes }: { bytes: Buffer }) => createHmac("sha256", bytes).update(text).digest("base64url");
  const [first, ...rest] = keysFor("profile replay");
  return [macOf(first), ...rest.map(macOf)];
}

/** Notes what completed a profile, in its transaction. A browser without an id could not be told from any other. */
export async function keepCompletion(tx: Tx, sessionId: string, { secret, body }: Completion, from: Caller) {
  if (secret === null || from.browser === null) return;
  await noteCompletion(tx, sessionId, { secret, mac: macsOf(body, from.browser)[0] });
}

/**
 * Answers a call again that completed a profile and whose answer was lost: to the same browser, with the session secret
 * and the body that it had, for a minute, once, and with a new secret. The secret alone, which a thief may have, is
 * worth nothing. Null for any other call.
 */
export async function answerAgain(
  { secret, body }: Completion,
  from: Caller,
): Promise<Outcome<{ next: "account"; sessionSecret: string }> | null> {
  if (secret === null || from.browser === null) return null;
  const macs = macsOf(body, from.browser);
  return db().transaction(async (tx) => {
    const taken = await takeCompletion(tx, { secret, macs });
    if (!taken) return null;
    const account = await findById(tx, taken.account.accountType, taken.account.id);
    return account?.isActive ? accept({ next: "account" as const, sessionSecret: taken.secret }) : null;
  });
}
