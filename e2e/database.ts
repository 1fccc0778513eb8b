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

/** An hour of attacks: sixty codes of a person that were guessed at ten times each, and five IP addresses that asked for many. */
export const addAttacks = (email: string) =>
  inDatabase(async (sql) => {
    await sql`insert into otp_verifications (user_id, email, purpose, channel, attempts, expires_at)
      select id, email, 'sign-in', 'email', 10, now() from users, generate_series(1, 60) where email = ${email}`;
    await sql`insert into otp_verifications (email, purpose, channel, ip_address, expires_at)
      select 'attacked-' || a || '@example.com', 'sign-up', 'email', '192.0.2.' || i, now()
      from generate_series(1, 10) a, generate_series(1, 5) i`;
  });

/** Ten accounts that have asked for codes: a ranking that may go on. */
export const addRanking = () =>
  inDatabase(
    (sql) => sql`
      with people as (
        insert into users (name, email) select 'Asker', gen_random_uuid() || '@example.com' from generate_series(1, 10) returning id, email
      )
      insert into otp_verifications (user_id, email, purpose, channel, expires_at)
      select id, email, 'sign-in', 'email', now() from people`,
  );

/** Findings and rankings are told from snapshots, of a minute ago at most: the next who asks has them told anew. */
export const forgetSnapshots = () => inDatabase((sql) => sql`delete from otp_snapshots`);
