import { type SQL, sql } from "drizzle-orm";

/** Names of columns, as a list. */
export const columns = (names: string[]): SQL =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );

/** Expressions under their names, as a select has them. */
export const named = (expressions: Record<string, SQL>): SQL =>
  sql.join(
    Object.entries(expressions).map(([name, expression]) => sql`${expression} as ${sql.identifier(name)}`),
    sql`, `,
  );

/** What an upsert does with sums that are there already. Its table is called `total`: `insert into … as total`. */
export const added = (names: string[]): SQL =>
  sql.join(
    names.map((name) => {
      const column = sql.identifier(name);
      return sql`${column} = total.${column} + excluded.${column}`;
    }),
    sql`, `,
  );

/**
 * What PostgreSQL itself said (a time, a snapshot's id), as a constant. The planner knows by a constant how many rows
 * there are, and statements such as `create table as` and `set` take no parameters.
 */
export function constant(text: string | undefined): SQL {
  if (!text || !/^[\w :./+-]+$/.test(text)) throw new Error(`not a constant of PostgreSQL's: ${text}`);
  return sql.raw(`'${text}'`);
}
