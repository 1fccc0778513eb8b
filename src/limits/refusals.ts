import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { refusalCounts } from "@/db/schema/limits";
import { networkOf } from "./network";

/**
 * So many networks of one attempt, purpose and rule have a row of their own in an hour. More is more than an admin
 * reads, and a flood from millions of networks would make millions of rows. The rest is counted together. The bound is
 * each rule's own, so that a flood by one rule leaves the networks of an attack by another in sight.
 */
const NETWORKS_AN_HOUR = 100;
/** What the networks beyond those are called together. */
export const OTHER_NETWORKS = "others";

/** A refusal that the audit log has no room for. */
type CountedRefusal = { attempt: string; purpose: string | null; rule: string; ipAddress: string };

/**
 * Counts a refusal by its hour, attempt, purpose, rule and network. One statement, whatever there is already: it looks
 * its own row up, and only for a new network counts those of the same rule, a hundred at most. Any number of them at
 * once is counted exactly; the bound itself may be passed by as many networks as are new at the same instant.
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

/** Deletes the counts of hours older than so many days, networks and all. Safe to run twice. Returns how many. */
export function sweepRefusalCounts(db: Db, days: number): Promise<number> {
  return deleteInBatches(db, refusalCounts, sql`hour < now() - make_interval(days => ${days})`);
}
