import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/*
 * `hits` is an object: a minute since 1970, and the number of hits in it. So the window of an hour slides, and its row
 * holds at most 61 numbers.
 */

/** The current minute since 1970, by PostgreSQL's clock. */
export const minute: SQL = sql`floor(extract(epoch from now()) / 60)::int`;

/** The object with one hit, now. */
export const firstHit: SQL = sql`jsonb_build_object(${minute}, 1)`;

/** The hits of the last hour with one more now. Older hits are left out. */
export const oneMore = (hits: PgColumn): SQL =>
  sql`${lastHour(hits)} || jsonb_build_object(${minute}, coalesce((${hits} ->> ${minute}::text)::int, 0) + 1)`;

const lastHour = (hits: PgColumn): SQL =>
  sql`(select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(${hits}) m where m.key::int > ${minute} - 60)`;

/** The number of hits in the last hour. */
export const hitsOfLastHour = (hits: PgColumn): SQL =>
  sql`(select coalesce(sum(m.value::int), 0) from jsonb_each(${hits}) m where m.key::int > ${minute} - 60)`;
