import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { HELD_RULES, type HeldRule } from "@/db/held";
import type { Range } from "./sums";

export { HELD_RULES };

/** The most counted for a rule, so that a flood does not make the panel slow. */
const MOST = 10_000;

/** `more`: there are more than `count`. */
export type HeldBack = { rule: HeldRule; count: number; more: boolean };

/** How many messages each rule held back. */
export async function heldBack(db: Db, { from, to }: Range): Promise<HeldBack[]> {
  const counts = HELD_RULES.map(
    (rule) => sql`select ${rule}::text as rule, (select count(*)::int from (select 1 from otp_verifications
      where held = ${rule} and created_at >= ${from.toISOString()} and created_at < ${to.toISOString()} limit ${MOST + 1}) found) as found`,
  );
  const rows = await db.execute<{ rule: HeldRule; found: number }>(sql.join(counts, sql` union all `));
  return rows.map(({ rule, found }) => ({ rule, count: Math.min(found, MOST), more: found > MOST }));
}
