import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { utc } from "./instant";

/** Times are in ISO 8601, ages in seconds. */
export type Operations = {
  asOf: string;
  /** `waiting` includes jobs at work. A job is given up once its last attempt has failed. */
  jobs: { task: string; waiting: number; failing: number; gaveUp: number; oldestSeconds: number | null }[];
  timetable: { task: string; lastRun: string | null }[];
  /** Of the last 24 hours. */
  deliveries: { channel: string; queued: number; sent: number; failed: number; dropped: number }[];
  oldestQueuedSeconds: number | null;
  rollup: { settledTo: string | null; snapshotAt: string | null; lateChanges: number };
};

/** Jobs and deliveries now. There is no queue until a worker has run once. */
export async function operations(db: Db): Promise<Operations> {
  const [there] = await db.execute<{ queue: boolean }>(
    sql`select to_regclass('graphile_worker.jobs') is not null as queue`,
  );
  const jobs = there?.queue
    ? sql`(select coalesce(jsonb_agg(j order by task), '[]') from (
      select task_identifier as task, count(*) filter (where attempts < max_attempts or locked_at is not null)::int as waiting,
        count(*) filter (where attempts between 1 and max_attempts - 1 and last_error is not null)::int as failing,
        count(*) filter (where attempts >= max_attempts and locked_at is null)::int as "gaveUp",
        round(extract(epoch from now() - min(run_at) filter (where run_at < now() and attempts < max_attempts)))::int as "oldestSeconds"
      from graphile_worker.jobs group by 1) j)`
    : sql`'[]'::jsonb`;
  const timetable = there?.queue
    ? sql`(select coalesce(jsonb_agg(jsonb_build_object('task', identifier, 'lastRun', ${utc("last_execution")}) order by identifier), '[]')
      from graphile_worker._private_known_crontabs)`
    : sql`'[]'::jsonb`;
  const [row] = await db.execute<{ state: Operations }>(sql`select jsonb_build_object(
    'asOf', ${utc("now()")}, 'jobs', ${jobs}, 'timetable', ${timetable},
    'deliveries', (select coalesce(jsonb_agg(d order by channel), '[]') from (
      select channel, count(*) filter (where state = 'queued')::int as queued, count(*) filter (where state = 'sent')::int as sent,
        count(*) filter (where state = 'failed')::int as failed, count(*) filter (where state = 'dropped')::int as dropped
      from deliveries where created_at > now() - interval '24 hours' group by 1) d),
    'oldestQueuedSeconds', (select round(extract(epoch from now() - min(created_at)))::int from deliveries
      where state = 'queued' and created_at > now() - interval '24 hours'),
    'rollup', jsonb_build_object('settledTo', (select ${utc("settled_to")} from otp_roll),
      'snapshotAt', (select ${utc("min(as_of)")} from otp_snapshots), 'lateChanges', (select count(*)::int from otp_late_changes))) as state`);
  if (!row) throw new Error("a select returned no row");
  return row.state;
}
