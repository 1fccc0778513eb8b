import { and, eq, gt, isNull, not, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { type Owner, ownerColumns } from "@/db/owner";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { ofSubject, type Subject } from "./subject";

/** The person who asks, as far as a request tells. */
export type Asker = {
  subject: Subject;
  /** The known device that the ask is counted for; null is the share of all strangers. */
  share: string | null;
  /** SHA-256 of the asking browser's cookie; null where the operator asks. */
  browser: string | null;
  ipAddress: string | null;
  userAgent: string | null;
};

/** The ledger's rows that are counted together: those of one subject and share. */
export function counted(subject: Subject, share: string | null): SQL | undefined {
  return and(ofSubject(subject), share === null ? isNull(ledger.device) : eq(ledger.device, share));
}

/** A challenge that may still be verified: neither spent, nor retired, nor expired by PostgreSQL's clock. */
export const isLive: SQL | undefined = and(
  not(ledger.isVerified),
  isNull(ledger.supersededAt),
  gt(ledger.expiresAt, sql`now()`),
);

/** A challenge that a newer one or a proof has ended. It expires too, so that it does not count as a pending code. */
export const superseded = { supersededAt: sql`now()`, expiresAt: sql`least(${ledger.expiresAt}, now())` };

/** Writes the ledger row of an ask, real or decoy alike (law 1), and returns its number. */
export async function record(
  tx: Tx,
  { subject, share, browser, ipAddress, userAgent }: Asker,
  asked: {
    purpose: string;
    ttlSeconds: number;
    owner: Owner | null;
    deliveryId: string | null;
    /** The rule that held its message back. */
    held: HeldRule | null;
  },
): Promise<number> {
  const { address, channel, accountType, country } = subject;
  const [row] = await tx
    .insert(ledger)
    .values({
      ...ownerColumns(asked.owner),
      ...(channel === "email"
        ? { email: address, mailDomain: address.slice(address.lastIndexOf("@") + 1) }
        : { phone: address, country: country ?? null }),
      userType: accountType,
      channel,
      browser,
      device: share,
      ipAddress,
      userAgent,
      purpose: asked.purpose,
      deliveryId: asked.deliveryId,
      held: asked.held,
      expiresAt: sql`now() + make_interval(secs => ${asked.ttlSeconds})`,
    })
    .returning({ sNo: ledger.sNo });
  if (!row) throw new Error("the ledger returned no row");
  return row.sNo;
}

/** Sets the account of a proven challenge: a sign-up's row was written before the account. */
export async function adoptChallenge(tx: Tx, sNo: number, owner: Owner): Promise<void> {
  await tx.update(ledger).set(ownerColumns(owner)).where(eq(ledger.sNo, sNo));
}
