import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { digestCode, drawCode } from "./code";
import { type AskRefusal, counted, isLive, refusalOf, type Share } from "./ledger";
import type { Policy, Purpose } from "./policies";
import type { Store } from "./store";
import { type Owner, ownerColumns, type Subject, subjectKey } from "./subject";

/** Who asks for a code, for whom, and from where. */
export type Ask = {
  purpose: Purpose;
  policy: Policy;
  subject: Subject;
  share: Share;
  /** SHA-256 of the asking browser's cookie. */
  browser: string;
  ipAddress: string;
  userAgent: string | null;
};

/** What the flow makes of an ask once it is allowed: whose it is, where it lies (null: a decoy), and its message. */
export type Plan = { owner: Owner | null; store: Store | null; deliveryId: string };

export type Issued = { ok: true; challenge: number; retired: number } | AskRefusal;

/**
 * Issues a code: locks the subject, counts, retires older challenges, writes the ledger row and the store's.
 * `plan` runs under the lock and gets the code for the message; nothing else ever sees the code.
 * A decoy takes the same statements as a real challenge (laws 1, 4 and 5).
 */
export async function issue(tx: Tx, ask: Ask, plan: (code: string) => Promise<Plan>): Promise<Issued> {
  const { purpose, policy, subject, share } = ask;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`ask ${subjectKey(subject)}`}, 0))`);
  const refusal = await refusalOf(tx, subject, purpose, share, policy);
  if (refusal) return refusal;

  const code = drawCode(policy.digits);
  const { owner, store, deliveryId } = await plan(code);
  const retired = await retire(tx, ask);
  const challenge = await record(tx, ask, owner, deliveryId);
  const home = store ?? policy.stores[0];
  await home.insert(
    tx,
    { subject, owner },
    {
      ledgerSNo: challenge,
      digest: digestCode(code, { store: home.name, purpose, subject: subjectKey(subject) }),
      ttlSeconds: policy.ttlSeconds,
      real: store !== null,
    },
  );
  return { ok: true, challenge, retired };
}

/** Deletes the store rows of all older challenges of this subject, purpose and share (law 5), and says how many. */
async function retire(tx: Tx, { purpose, policy, subject, share }: Ask): Promise<number> {
  const siblings = and(counted(subject, share), eq(ledger.purpose, purpose));
  await tx.update(ledger).set({ supersededAt: sql`now()` }).where(and(siblings, isLive));
  // Spent and expired rows go too: 003 deletes used ones, and 002's unique address must be free again.
  const deletions = policy.stores.map(
    ({ table, ledger: pointer }) =>
      sql`(delete from ${table} where ${pointer} in (select ${ledger.sNo} from ${ledger} where ${siblings}) returning 1)`,
  );
  const names = deletions.map((_, i) => sql.identifier(`store_${i}`));
  const rows = await tx.execute<{ retired: number }>(sql`
    with ${sql.join(
      deletions.map((deletion, i) => sql`${names[i]} as ${deletion}`),
      sql`, `,
    )}
    select (${sql.join(
      names.map((name) => sql`(select count(*) from ${name})`),
      sql` + `,
    )})::int as retired`);
  return rows[0]?.retired ?? 0;
}

/** Writes the challenge's ledger row and returns its number. */
async function record(tx: Tx, ask: Ask, owner: Owner | null, deliveryId: string): Promise<number> {
  const { address, channel, accountType } = ask.subject;
  const [row] = await tx
    .insert(ledger)
    .values({
      ...ownerColumns(owner),
      userType: accountType,
      email: channel === "email" ? address : null,
      phone: channel === "sms" ? address : null,
      mailDomain: channel === "email" ? address.slice(address.lastIndexOf("@") + 1) : null,
      purpose: ask.purpose,
      channel,
      browser: ask.browser,
      device: ask.share,
      ipAddress: ask.ipAddress,
      userAgent: ask.userAgent,
      deliveryId,
      expiresAt: sql`now() + make_interval(secs => ${ask.policy.ttlSeconds})`,
    })
    .returning({ sNo: ledger.sNo });
  if (!row) throw new Error("the ledger returned no row");
  return row.sNo;
}
