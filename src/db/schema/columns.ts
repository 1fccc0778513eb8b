import { sql } from "drizzle-orm";
import { timestamp } from "drizzle-orm/pg-core";

/** An instant with a time zone. Without one, expiry would depend on the session's zone (standards, DAT-01). */
export const instant = (name: string) => timestamp(name, { withTimezone: true });

/** When the row was written, by PostgreSQL's clock. */
export const createdAt = () => instant("created_at").notNull().defaultNow();

/** When the row last changed, by PostgreSQL's clock. */
export const updatedAt = () =>
  instant("updated_at")
    .notNull()
    .defaultNow()
    .$onUpdate(() => sql`now()`);
