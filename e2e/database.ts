import postgres from "postgres";
import { joinPostgres } from "../scripts/postgres.mjs";
import { servers } from "./servers";

/** Runs some SQL in the database of the installation with the inbox: what no page can do is to let time pass. */
async function inDatabase(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const database = await joinPostgres({ dataDir: servers.inbox.env.DATA_DIR });
  const sql = postgres(database.url, { max: 1 });
  try {
    await work(sql);
  } finally {
    await sql.end();
    await database.leave();
  }
}

/** Makes every proof of a person's sessions older; by itself so that it is one minute too old to change the account. */
export const ageProofs = (email: string, minutes = 11) =>
  inDatabase(
    (sql) => sql`
      update sessions set
        password_proved_at = password_proved_at - make_interval(mins => ${minutes}),
        code_proved_at = code_proved_at - make_interval(mins => ${minutes})
      where user_id = (select id from users where email = ${email})`,
  );

/** Makes a user of an admin, at once and behind the app's back. */
export const demote = (email: string) =>
  inDatabase((sql) => sql`update users set role = 'USER' where email = ${email}`);

/** Makes an admin of somebody. */
export const makeAdmin = (email: string) =>
  inDatabase((sql) => sql`update users set role = 'ADMIN' where email = ${email}`);
