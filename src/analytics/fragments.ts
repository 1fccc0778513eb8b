import { type SQL, sql } from "drizzle-orm";

/** A list of column names. */
export const columns = (names: string[]): SQL =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );

/** A list of `expression as name`. */
export const named = (expressions: Record<string, SQL>): SQL =>
  sql.join(
    Object.entries(expressions).map(([name, expression]) => sql`${expression} as ${sql.identifier(name)}`),
    sql`, `,
  );

/** An upsert's assignments that add to sums, of a table aliased `total`. */
export const added = (names: string[]): SQL =>
  sql.join(
    names.map((name) => {
      const column = sql.identifier(name);
      return sql`${column} = total.${column} + excluded.${column}`;
    }),
    sql`, `,
  );

/**
 * A text that PostgreSQL returned (a time, a snapshot's id), as a constant. The planner estimates rows from constants,
 * and `create table as` and `set` take no parameters.
 */
export function constant(text: string | undefined): SQL {
  if (!text || !/^[\w :./+-]+$/.test(text)) throw new Error(`not a constant of PostgreSQL's: ${text}`);
  return sql.raw(`'${text}'`);
}
