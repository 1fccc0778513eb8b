import { createHmac } from "node:crypto";
import { findById } from "@/accounts/accounts";
import { noteCompletion, takeCompletion } from "@/accounts/completion";
import { db, type Tx } from "@/db/client";
import { keysFor } from "@/keys";
import type { Caller } from "./caller";
import { accept, type Outcome } from "./outcome";

/** A call of `completeProfile`: the secret in its session cookie, and its whole body. */
export type Completion = { secret: string | null; body: Record<string, unknown> };

/** The MACs of such a call, the newest key's first, over its body, which holds a password, and its browser. */
function macsOf(body: Record<string, unknown>, browser: string): [string, ...string[]] {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([browser, fields.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const macOf = ({ bytes }: { bytes: Buffer }) => createHmac("sha256", bytes).update(text).digest("base64url");
  const [first, ...rest] = keysFor("profile replay");
  return [macOf(first), ...rest.map(macOf)];
}

/** Records the call that completed a profile, in its transaction. A caller without a browser id is not recorded. */
export async function keepCompletion(tx: Tx, sessionId: string, { secret, body }: Completion, from: Caller) {
  if (secret === null || from.browser === null) return;
  await noteCompletion(tx, sessionId, { secret, mac: macsOf(body, from.browser)[0] });
}

/**
 * Repeats the answer to a call that completed a profile and whose answer was lost: to the same browser with the same
 * session secret and body, within a minute, once, and with a new secret. A thief who has only the secret gets nothing.
 * Null for any other call.
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
