import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/*
 * Hits are counted by the minute: `hits` is an object of minutes since 1970 and how many fell into each. So a window of
 * an hour slides, and its row never holds more than 61 numbers.
 */

/** This minute, since 1970, by PostgreSQL's clock. */
export const minute: SQL = sql`floor(extract(epoch from now()) / 60)::int`;

/** The first hit, as such an object. */
export const firstHit: SQL = sql`jsonb_build_object(${minute}, 1)`;

/** The hits of the last hour, and one more now: older ones are left out. */
export const oneMore = (hits: PgColumn): SQL =>
  sql`${lastHour(hits)} || jsonb_build_object(${minute}, coalesce((${hits} ->> ${minute}::text)::int, 0) + 1)`;

const lastHour = (hits: PgColumn): SQL =>
  sql`(select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(${hits}) m where m.key::int > ${minute} - 60)`;

/** How many hits the last hour has had. */
export const hitsOfLastHour = (hits: PgColumn): SQL =>
  sql`(select coalesce(sum(m.value::int), 0) from jsonb_each(${hits}) m where m.key::int > ${minute} - 60)`;
