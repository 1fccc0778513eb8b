import { type SQL, sql } from "drizzle-orm";

/**
 * How often a rule refused in this clock hour and the one before: what stands in the audit log, and what was counted
 * alone, because the log takes only so many (flows/refusals.ts).
 */
export type Refusals = {
  rule: string;
  written: number;
  counted: number;
  /** The network that was counted most; null where none was. */
  most: string | null;
};

/** Since when refusals are summed: what is counted is counted by the clock hour. */
export const refusalsSince: SQL = sql.raw("date_trunc('hour', now(), 'UTC') - interval '1 hour'");

/** The refusals by rule. What was written of two hours is bounded by the log's caps, what was counted by its own. */
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
