import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { refusalCounts } from "@/db/schema/limits";
import { networkOf } from "./network";

/**
 * The most networks of one attempt, purpose and rule that have their own row in an hour. All others share one row,
 * because a flood from millions of networks would make millions of rows. Each rule has its own bound, so that a flood
 * against one rule does not hide the networks that attack another.
 */
const NETWORKS_AN_HOUR = 100;
/** The name of the row that all other networks share. */
export const OTHER_NETWORKS = "others";

/** A refusal that the audit log has no room for. */
type CountedRefusal = { attempt: string; purpose: string | null; rule: string; ipAddress: string };

/**
 * Counts a refusal by its hour, attempt, purpose, rule and network, in one statement. It reads its own row, and for a
 * new network it counts the rows of the rule, at most a hundred. Concurrent refusals are counted exactly, but networks
 * that are new at the same instant may pass the bound.
 */
export async function countRefusal(db: Db | Tx, { attempt, purpose, rule, ipAddress }: CountedRefusal): Promise<void> {
  const alike = sql`c.hour = r.hour and c.attempt = r.attempt and c.purpose = r.purpose and c.rule = r.rule`;
  await db.execute(sql`
    with refused as (
      select date_trunc('hour', now(), 'UTC') as hour, ${attempt}::text as attempt, ${purpose ?? ""}::text as purpose,
        ${rule}::text as rule, ${networkOf(ipAddress)}::text as network
    )
    insert into ${refusalCounts} (hour, attempt, purpose, rule, network, count)
    select hour, attempt, purpose, rule, case
        when exists (select from refusal_counts c where ${alike} and c.network = r.network) then network
        when (select count(*) from (select from refusal_counts c where ${alike} limit ${NETWORKS_AN_HOUR}) known)
          < ${NETWORKS_AN_HOUR} then network
        else ${OTHER_NETWORKS} end, 1
    from refused r
    on conflict (hour, attempt, purpose, rule, network) do update set count = refusal_counts.count + 1`);
}

/** Deletes the counts of hours older than this many days, and returns how many. Safe to run twice. */
export function sweepRefusalCounts(db: Db, days: number): Promise<number> {
  return deleteInBatches(db, refusalCounts, sql`hour < now() - make_interval(days => ${days})`);
}
