import { type SQL, sql } from "drizzle-orm";

/**
 * Refusals of this clock hour and the one before: those in the audit log, and those that it had no room for
 * (flows/refusals.ts).
 */
export type Refusals = {
  rule: string;
  written: number;
  counted: number;
  /** The network with the highest count. */
  most: string | null;
};

/** Counts are kept by the clock hour. */
export const refusalsSince: SQL = sql.raw("date_trunc('hour', now(), 'UTC') - interval '1 hour'");

/** Refusals by rule. The caps of the log and of the counts bound what this reads. */
export function refusals(): SQL {
  const since = refusalsSince;
  return sql`
  with counts as materialized (
    select rule, network, sum(count)::float8 as count from refusal_counts where hour >= ${since} group by 1, 2
  )
  select coalesce(jsonb_agg(to_jsonb(told) order by written + counted desc, rule), '[]') from (
    select rule, sum(written)::float8 as written, sum(counted)::float8 as counted,
      (select network from counts c where c.rule = r.rule and network <> 'others' order by count desc, network limit 1) as most
    from (
      select reason as rule, count(*) as written, 0 as counted from audit_log
        where at >= ${since} and result = 'refused' group by 1
      union all
      select rule, 0, count from counts
    ) r group by rule
  ) told`;
}
