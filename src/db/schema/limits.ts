import { index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { updatedAt } from "./columns";

/** How often one address did one kind of thing, minute by minute, over the last hour. */
export const limitWindows = pgTable(
  "limit_windows",
  {
    key: text("key").primaryKey(),
    /** Minutes since 1970, as text, to how many hits fell into each. At most 61 of them. */
    hits: jsonb("hits").$type<Record<string, number>>().notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [index("limit_windows_updated_at_idx").on(t.updatedAt)],
);
