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

/** Makes every proof of a person's sessions eleven minutes old: one too many for a change of the account. */
export const ageProofs = (email: string) =>
  inDatabase(
    (sql) => sql`
      update sessions set
        password_proved_at = password_proved_at - interval '11 minutes',
        code_proved_at = code_proved_at - interval '11 minutes'
      where user_id = (select id from users where email = ${email})`,
  );

/** Makes an admin of somebody. */
export const makeAdmin = (email: string) =>
  inDatabase((sql) => sql`update users set role = 'ADMIN' where email = ${email}`);
