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

/** The assignments of an upsert that adds to sums. Its table must be aliased: `insert into … as total`. */
export const added = (names: string[]): SQL =>
  sql.join(
    names.map((name) => {
      const column = sql.identifier(name);
      return sql`${column} = total.${column} + excluded.${column}`;
    }),
    sql`, `,
  );

/**
 * A text that PostgreSQL returned (a time, a snapshot's id), as a constant. From a constant the planner knows how many
 * rows there are, and statements such as `create table as` and `set` take no parameters.
 */
export function constant(text: string | undefined): SQL {
  if (!text || !/^[\w :./+-]+$/.test(text)) throw new Error(`not a constant of PostgreSQL's: ${text}`);
  return sql.raw(`'${text}'`);
}
