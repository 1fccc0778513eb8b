import postgres from "postgres";
import { joinPostgres } from "../scripts/postgres.mjs";
import { servers } from "./servers";

/** Runs SQL in the database of the installation with the inbox, for example to let time pass. */
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

/** Makes every proof of a person's sessions older; by default one minute too old to change the account. */
export const ageProofs = (email: string, minutes = 11) =>
  inDatabase(
    (sql) => sql`
      update sessions set
        password_proved_at = password_proved_at - make_interval(mins => ${minutes}),
        code_proved_at = code_proved_at - make_interval(mins => ${minutes})
      where user_id = (select id from users where email = ${email})`,
  );

/** Turns an admin into a user, directly in the database. */
export const demote = (email: string) =>
  inDatabase((sql) => sql`update users set role = 'USER' where email = ${email}`);

/** Turns a user into an admin. */
export const makeAdmin = (email: string) =>
  inDatabase((sql) => sql`update users set role = 'ADMIN' where email = ${email}`);

/** An hour of attacks: ten guesses at each of sixty codes, and five IP addresses that asked for many codes. */
export const addAttacks = (email: string) =>
  inDatabase(async (sql) => {
    await sql`insert into otp_verifications (user_id, email, purpose, channel, attempts, expires_at)
      select id, email, 'sign-in', 'email', 10, now() from users, generate_series(1, 60) where email = ${email}`;
    await sql`insert into otp_verifications (email, purpose, channel, ip_address, expires_at)
      select 'attacked-' || a || '@example.com', 'sign-up', 'email', '192.0.2.' || i, now()
      from generate_series(1, 10) a, generate_series(1, 5) i`;
  });

/** Ten accounts that have asked for codes, so that the ranking can have more. */
export const addRanking = () =>
  inDatabase(
    (sql) => sql`
      with people as (
        insert into users (name, email) select 'Asker', gen_random_uuid() || '@example.com' from generate_series(1, 10) returning id, email
      )
      insert into otp_verifications (user_id, email, purpose, channel, expires_at)
      select id, email, 'sign-in', 'email', now() from people`,
  );

/** Deletes the snapshots of findings and rankings, so that the next question computes them again. */
export const forgetSnapshots = () => inDatabase((sql) => sql`delete from otp_snapshots`);
