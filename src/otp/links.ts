import { and, eq, gt, isNull, not, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { NOBODY, type Owner } from "@/db/owner";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { newSecret } from "@/secrets";
import { type AskRefusal, refusalOf } from "./caps";
import { type Asker, counted, record } from "./ledger";
import { lockSubject, ofSubject, type Subject } from "./subject";
import { type LinkPurpose, tokenKinds } from "./token-kinds";
import { hashToken } from "./tokens";

/** 001 and 004: the least time between two links of one purpose. Seconds. */
const COOLDOWN_SECONDS = 60;

/** A flow's steps of an ask for a link, in this order. Each step gets the result of the one before. */
export type LinkSteps<P extends { owner: Owner | null }> = {
  /** Returns the rule that holds the message back, or null. */
  hold: () => Promise<HeldRule | null>;
  /** Returns the link's owner, under the lock. A link without an owner is a decoy. */
  plan: () => Promise<P>;
  /**
   * Queues the mail or its decoy, and returns the delivery's id. `real` is false if the token has no owner, or if
   * another one lives.
   */
  send: (token: string, plan: P, how: { real: boolean; held: boolean }) => Promise<string>;
};

/**
 * Issues a link: locks the subject, checks the cooldown, writes the ledger row and keeps the token's hash. A held ask
 * takes the statements of a decoy.
 */
export async function issueLink<P extends { owner: Owner | null }>(
  tx: Tx,
  purpose: LinkPurpose,
  asker: Asker,
  { hold, plan, send }: LinkSteps<P>,
): Promise<{ ok: true } | AskRefusal> {
  await lockSubject(tx, asker.subject);
  // One link at a time, over all shares. But a stranger's held ask sent nothing, so no known device waits for it.
  const ofOthers = asker.share === null ? undefined : or(isNull(ledger.held), counted(asker.subject, asker.share));
  const among = and(ofSubject(asker.subject), ofOthers);
  const refusal = await refusalOf(tx, asker, purpose, COOLDOWN_SECONDS, [], among);
  if (refusal) return refusal;
  const { ttlSeconds, isFree, save } = tokenKinds[purpose];
  const token = newSecret();
  const held = await hold();
  const planned = await plan();
  const { owner } = planned;
  const nobody = { accountType: asker.subject.accountType, id: NOBODY };
  const isFreeNow = await isFree(tx, owner ?? nobody);
  const deliveryId = await send(token, planned, { real: owner !== null && isFreeNow, held: held !== null });
  const sNo = await record(tx, asker, { purpose, ttlSeconds, owner, deliveryId, held });
  await save(tx, held === null && isFreeNow && owner ? owner : nobody, hashToken(token), sNo);
  return { ok: true };
}

/** Whether an ask for a link to this address was answered by mail within the life of such a link. */
export async function wasAnswered(tx: Tx, purpose: LinkPurpose, subject: Subject): Promise<boolean> {
  const alive = gt(ledger.createdAt, sql`now() - make_interval(secs => ${tokenKinds[purpose].ttlSeconds})`);
  const answered = await tx
    .select({ id: deliveries.id })
    .from(ledger)
    .innerJoin(deliveries, eq(deliveries.id, ledger.deliveryId))
    .where(and(ofSubject(subject), eq(ledger.purpose, purpose), alive, not(deliveries.decoy)))
    .limit(1);
  return answered.length > 0;
}

/**
 * Keeps a link's token for an account without an ask, a mail or a cooldown: the operator hands it over. It replaces a
 * live reset link.
 */
export async function handOutLink(tx: Tx, purpose: LinkPurpose, owner: Owner, subject: Subject): Promise<string> {
  const { ttlSeconds, save } = tokenKinds[purpose];
  const token = newSecret();
  const asker = { subject, share: null, browser: null, ipAddress: null, userAgent: null };
  const sNo = await record(tx, asker, { purpose, ttlSeconds, owner, deliveryId: null, held: null });
  await save(tx, owner, hashToken(token), sNo);
  return token;
}
