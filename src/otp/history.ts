import { desc, eq, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import type { Owner } from "./subject";

/** A code's story, as its owner may see it (000): never a digest. */
export type HistoryEntry = {
  sNo: number;
  channel: string | null;
  purpose: string | null;
  phone: string | null;
  email: string | null;
  isVerified: boolean;
  attempts: number;
  createdAt: Date;
  verifiedAt: Date | null;
  ipAddress: string | null;
};

/** The newest codes asked for an account, 20 by default (000). */
export function historyOf(db: Db, { accountType, id }: Owner, limit = 20): Promise<HistoryEntry[]> {
  const { sNo, channel, purpose, phone, email, isVerified, attempts, createdAt, verifiedAt, ipAddress } = ledger;
  return (
    db
      .select({ sNo, channel, purpose, phone, email, isVerified, attempts, createdAt, verifiedAt, ipAddress })
      .from(ledger)
      .where(eq(accountType === "live" ? ledger.userId : ledger.demoUserId, id))
      // As the index has it: in another order all of an account's codes would be sorted first (36,000 of a heavy one, 170 ms).
      .orderBy(sql`${createdAt} desc nulls last`, desc(sNo))
      .limit(limit)
  );
}
