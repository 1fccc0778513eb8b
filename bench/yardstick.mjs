import { randomBytes, randomUUID } from "node:crypto";

/**
 * The yardstick for `flow`: the least that a sign-up with the same guarantees writes, as plain SQL. One transaction
 * locks the address, counts, queues a message, and writes a ledger row and a code. A second one charges the attempt. A
 * third one spends the code and makes the account and the session. There is no HTTP, no validation, no cryptography.
 *
 * It is written by hand and shares no code with the app. So it stays the same while the app changes, and the ratio
 * shows a slower app, even one with a single statement more. It must be adapted when a column changes.
 * @param {import("postgres").Sql} client the app's own pool
 * @param {import("./visitor.mjs").Person} person
 * @param {import("./visitor.mjs").Watch} watch
 */
export async function leastSignUp(client, { email, network }, watch) {
  const digest = `~${randomBytes(32).toString("hex")}`;
  const browser = randomBytes(32).toString("hex");
  await watch("ask", () => client.begin((sql) => ask(sql, { email, network, digest, browser })));
  await watch("verify", async () => {
    const challenge = await client.begin((sql) => strike(sql, { email, browser }));
    if (challenge.digest !== digest) throw new Error("The yardstick charged an attempt to another code than its own.");
    await client.begin((sql) => spend(sql, { email, challenge: challenge.sNo }));
  });
}

/** As large as the sealed message of a code. */
const SEALED_BYTES = 160;

/** @typedef {import("postgres").TransactionSql} Transaction */

/** @param {Transaction} sql @param {string} email */
const lock = (sql, email) => sql`select pg_advisory_xact_lock(hashtextextended(${`otp ${email}`}, 0))`;

/**
 * @param {Transaction} sql
 * @param {{ email: string, network: string, digest: string, browser: string }} asked
 */
async function ask(sql, { email, network, digest, browser }) {
  const delivery = randomUUID();
  await lock(sql, email);
  await sql`select count(*), max(created_at) from otp_verifications
    where email = ${email} and user_type = 'live' and created_at > now() - interval '1 hour'`;
  await sql`select id from users where email = ${email}`;
  await sql`insert into deliveries (id, channel, template, recipient, sealed, expires_at)
    values (${delivery}, 'email', 'code', ${email}, ${randomBytes(SEALED_BYTES).toString("base64url")}, now() + interval '10 minutes')`;
  await sql`select graphile_worker.add_job('deliver', json_build_object('deliveryId', ${delivery}::text), job_key => 'deliver:' || ${delivery}::text)`;
  const [row] = await sql`insert into otp_verifications
    (email, mail_domain, purpose, channel, browser, ip_address, delivery_id, expires_at)
    values (${email}, 'example.com', 'sign-up', 'email', ${browser}, ${`${network}::1`}, ${delivery}, now() + interval '10 minutes')
    returning s_no`;
  await sql`insert into signup_otps (email, user_type, otp_code, expires_at, ledger_s_no)
    values (${email}, 'live', ${digest}, now() + interval '10 minutes', ${row?.s_no})`;
}

/**
 * @param {Transaction} sql
 * @param {{ email: string, browser: string }} guess
 * @returns {Promise<{ sNo: string, digest: string }>}
 */
async function strike(sql, { email, browser }) {
  await lock(sql, email);
  const [struck] = await sql`update otp_verifications set attempts = attempts + 1
    where email = ${email} and user_type = 'live' and browser = ${browser} and not is_verified and expires_at > now()
    returning s_no`;
  const [row] = await sql`update signup_otps set attempts = attempts + 1
    where ledger_s_no = ${struck?.s_no} and not is_verified returning otp_code`;
  return { sNo: struck?.s_no, digest: row?.otp_code };
}

/**
 * @param {Transaction} sql
 * @param {{ email: string, challenge: string }} proven
 */
async function spend(sql, { email, challenge }) {
  await lock(sql, email);
  await sql`delete from signup_otps where ledger_s_no = ${challenge}`;
  const [user] =
    await sql`insert into users (email, email_verified, last_login_at) values (${email}, true, now()) returning id`;
  await sql`update otp_verifications set is_verified = true, verified_at = now(), user_id = ${user?.id} where s_no = ${challenge}`;
  await sql`insert into sessions (secret_hash, user_id, code_proved_at)
    values (${randomBytes(32).toString("hex")}, ${user?.id}, now())`;
}
