import { type SQL, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { isForgotten } from "@/keys";
import { testDatabase } from "@/testing/database";
import { isLong } from "@/testing/long";
import { account, freshEmail } from "@/testing/people";
import { rowsReadBy } from "@/testing/rows-read";
import { signedIn } from "@/testing/sessions";
import { mostBoundBy } from "@/testing/statements";
import { unlock } from "./admin";
import { deleteOwnAccount } from "./delete-account";
import { revokeOtherSessions } from "./own-sessions";
import { forgetDaily, sweepHourly } from "./retention";
import { RoundFault } from "./round";

testDatabase();
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/**
 * Many batches. The long run has more rows than one statement can bind: PostgreSQL's protocol counts parameters in 16
 * bits. The short run counts parameters and reads.
 */
const MANY = isLong ? 70_000 : 7_000;
/** The most parameters of one statement. */
const BOUND = 50;
/** The most reads of a table: about one for each batch and step. A search for each row would take MANY. */
const TIMES = isLong ? 1000 : 100;
/** The time limit of a sweep or a deletion of so many rows on a busy machine. A quiet one takes a tenth. Seconds. */
const SECONDS = isLong ? 120 : 30;

const numbers = sql`generate_series(1, ${MANY}::int) n`;
const soon = sql`now() + interval '10 minutes'`;

type Filling = { id: string; email: string };

/** Inserts that many rows into each table that refers to an account, in the order of their references. */
const fillings: Record<string, (of: Filling) => SQL> = {
  // A third to its address, a third to former addresses, a third to addresses that it never proved.
  deliveries: ({ email }) => sql`insert into deliveries (channel, template, recipient, state, sealed, expires_at)
    select 'email', 'code', (array[${email}, 'former-' || n || ${email}, 'asked-' || n || ${email}])[n % 3 + 1],
      (array['queued', 'sent'])[n % 2 + 1], (array['a message', null])[n % 2 + 1], ${soon} from ${numbers}`,
  inbox_messages: ({ email }) => sql`insert into inbox_messages (id, sealed)
    select id, 'a message' from deliveries where recipient like '%' || ${email}`,
  otp_verifications: ({ id, email }) => sql`insert into otp_verifications
      (user_id, email, purpose, channel, is_verified, created_at, expires_at, ip_address, browser, delivery_id)
    select ${id}::uuid, recipient, 'email-change', 'email', recipient not like 'asked-%', now() - interval '1 hour', ${soon},
      '203.0.113.7', 'a browser', id from deliveries where recipient like '%' || ${email}`,
  signup_otps: (of) => code(of, "signup_otps", sql`email, user_type, otp_code`, sql`${of.email} || n, 'live', 'x'`),
  otps: (of) => code(of, "otps", sql`email, otp_code`, sql`${of.email}, 'x'`),
  email_otps: (of) => code(of, "email_otps", sql`otp, type`, sql`'x', 'SIGNIN'`),
  phone_otps: (of) => code(of, "phone_otps", sql`otp, type`, sql`'x', 'SIGNIN'`),
  email_verification_tokens: (of) => code(of, "email_verification_tokens", sql`token`, sql`${of.email} || n`),
  passcodes: (of) => code(of, "passcodes", sql`code, code_type, is_used`, sql`'x', 'VERIFICATION', true`),
  password_reset_otps: (of) => code(of, "password_reset_otps", sql`otp, email`, sql`'x', ${of.email}`),
  known_devices: ({ id, email }) => sql`insert into known_devices (user_id, secret_hash)
    select ${id}::uuid, ${email} || n from ${numbers}`,
  sessions: ({ id }) => sql`insert into sessions (user_id, secret_hash, device_id)
    select ${id}::uuid, id::text, id from known_devices where user_id = ${id}`,
  device_links: ({ id, email }) => sql`insert into device_links (user_id, token, expires_at)
    select ${id}::uuid, ${email} || n, ${soon} from ${numbers}`,
  otp_users: ({ id }) => sql`insert into otp_users (user_id, asked_90d) values (${id}, ${MANY}::int)`,
};

function code({ id }: Filling, table: string, columns: SQL, values: SQL): SQL {
  return sql`insert into ${sql.identifier(table)} (user_id, ledger_s_no, expires_at, ${columns})
    select ${id}::uuid, s_no, ${soon}, ${values}
    from (select s_no, row_number() over () as n from otp_verifications where user_id = ${id}) l`;
}

async function fill(of: Filling, tables = Object.keys(fillings)): Promise<void> {
  for (const table of tables) {
    const filling = fillings[table];
    if (filling) await db().execute(filling(of));
  }
  await db().execute(sql`analyze`);
}

const count = async (from: SQL): Promise<number> => {
  const [row] = await db().execute<{ count: number }>(sql`select count(*)::int as count from ${from}`);
  return row?.count ?? -1;
};

/** The number of rows that hold a text, for each table that has any. */
async function traces(text: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of ["users", ...Object.keys(fillings)]) {
    const holding = await count(sql`${sql.identifier(table)} t where strpos(t::text, ${text}) > 0`);
    if (holding > 0) found[table] = holding;
  }
  return found;
}

/**
 * Runs work on many rows. It must end within seconds, without a bound list that grows with them, and without reading a
 * table for each row of another.
 */
async function atScale(run: () => Promise<unknown>): Promise<void> {
  let [bound, took] = [0, 0];
  const read = await rowsReadBy(async () => {
    const started = performance.now();
    bound = await mostBoundBy(run);
    took = (performance.now() - started) / 1000;
  });
  expect(bound).toBeLessThan(BOUND);
  expect([...read].filter(([, rows]) => rows > TIMES * MANY)).toEqual([]);
  expect(took).toBeLessThan(SECONDS);
}

test("each table that refers to an account is filled by this test", async () => {
  const found = await db().execute<{ name: string }>(sql`select distinct conrelid::regclass::text as name
    from pg_constraint where confrelid = 'users'::regclass and contype = 'f'`);
  expect(Object.keys(fillings)).toEqual(expect.arrayContaining(found.map(({ name }) => name)));
});

describe(`with ${MANY} rows of each table that refers to an account`, () => {
  let of: Filling;
  beforeAll(async () => {
    of = await account("live");
    await fill(of);
  });

  test("unlocking works for any number of devices", async () => {
    await atScale(() => expect(unlock({ id: of.id }, { kind: "operator" })).resolves.toMatchObject({ ok: true }));
  });

  test("deletion ends within seconds and leaves no trace; the totals stay (DAT-04)", async () => {
    const from = await signedIn({ accountType: "live", id: of.id });
    const before = await count(sql`otp_verifications`);
    expect((await traces(of.email)).deliveries).toBe(MANY);
    await atScale(() => expect(deleteOwnAccount(from)).resolves.toEqual({ ok: true, value: { ok: true } }));
    // Only the last message has the address, until it is sent.
    expect(await traces(of.email)).toEqual({ deliveries: 1 });
    expect(await traces(of.id)).toEqual({});
    expect(await count(sql`otp_verifications`)).toBe(before);
    expect(await count(sql`otp_verifications where email is not null or ip_address is not null`)).toBe(0);
    expect(await count(sql`deliveries where state = 'queued' and template = 'code'`)).toBe(0);
    expect(await count(sql`inbox_messages`)).toBe(0);
  });
});

test("signing out everywhere else ends any number of sessions and forgets their devices", async () => {
  const of = await account("live");
  await fill(of, ["known_devices", "sessions"]);
  const from = await signedIn({ accountType: "live", id: of.id });
  await atScale(() => expect(revokeOtherSessions(from)).resolves.toMatchObject({ ok: true }));
  expect(await count(sql`sessions where user_id = ${of.id}`)).toBe(1);
  expect(await count(sql`known_devices where user_id = ${of.id}`)).toBe(1);
});

describe("a sweep (DAT-03)", () => {
  const unproven = async () => {
    const made = await account("live", { emailVerified: false, isProfileComplete: false });
    await db().execute(sql`update users set created_at = now() - interval '3 days' where id = ${made.id}`);
    return made;
  };
  /** An account that PostgreSQL refuses to delete. */
  async function poisoned(): Promise<Filling> {
    const made = await unproven();
    await db().execute(
      sql.raw(`create or replace function refuse_${made.id.replaceAll("-", "")}() returns trigger
      language plpgsql as $$ begin raise exception 'poisoned'; end $$`),
    );
    await db().execute(
      sql.raw(`create trigger "poison ${made.id}" before delete on users for each row
      when (old.id = '${made.id}') execute function refuse_${made.id.replaceAll("-", "")}()`),
    );
    return made;
  }
  const cure = ({ id }: Filling) => db().execute(sql.raw(`drop trigger "poison ${id}" on users`));
  const exists = async ({ id }: Filling) => (await count(sql`users where id = ${id}`)) === 1;
  const faultOf = (run: () => Promise<unknown>) =>
    run().then(
      () => null,
      (fault: unknown) => fault,
    );

  test("deletes an account with many deliveries, and goes on after an account that cannot be deleted", async () => {
    const poison = await poisoned();
    const good = [await unproven(), await unproven(), await unproven()];
    const [large] = good;
    if (large) await fill(large, ["deliveries", "otp_verifications"]);
    await db().execute(sql`update otp_verifications set created_at = now() - interval '3 days'`);
    // An expired code, still sealed on the queue.
    await db().execute(sql`insert into deliveries (channel, template, recipient, sealed, expires_at)
      values ('email', 'code', 'late@example.com', 'a message', now() - interval '2 hours')`);
    let fault: unknown;
    await atScale(async () => {
      fault = await faultOf(sweepHourly);
    });
    expect(fault).toBeInstanceOf(RoundFault);
    expect(fault).toMatchObject({
      counts: { unproven: 3, deliveries: 1 },
      faults: [{ step: "unproven", times: 1 }],
    });
    expect(await count(sql`deliveries where recipient = 'late@example.com' and sealed is null`)).toBe(1);
    for (const each of good) expect(await exists(each)).toBe(false);
    expect(await traces(large?.email ?? "")).toEqual({});
    // The failed deletion changed nothing.
    expect(await exists(poison)).toBe(true);
    expect(await count(sql`users where email = ${poison.email}`)).toBe(1);
    await cure(poison);
    expect(await sweepHourly()).toMatchObject({ unproven: 1 });
  });

  test("reaches the accounts after a whole batch that cannot be deleted", async () => {
    await db().execute(sql`create function refuse_batch() returns trigger language plpgsql as $$
      begin raise exception 'poisoned'; end $$`);
    await db().execute(sql`create trigger poison_batch before delete on users for each row
      when (old.email like 'poisoned-%') execute function refuse_batch()`);
    await db().execute(sql`insert into users (email, created_at)
      select 'poisoned-' || n || '@example.com', now() - interval '3 days' from generate_series(1, 501) n`);
    await db().execute(sql`insert into users (id, email, created_at)
      values ('ffffffff-ffff-4fff-8fff-ffffffffffff', 'last@example.com', now() - interval '3 days')`);
    expect(await faultOf(sweepHourly)).toMatchObject({ counts: { unproven: 1 }, faults: [{ times: 501 }] });
    expect(await count(sql`users where email = 'last@example.com'`)).toBe(0);
    expect(await count(sql`users where email like 'poisoned-%'`)).toBe(501);
    await db().execute(sql`drop trigger poison_batch on users`);
    await db().execute(sql`delete from users where email like 'poisoned-%'`);
  });

  test("forgets many addresses and recipients and deletes many settled deliveries, in batches", async () => {
    await db().execute(sql`truncate deliveries, otp_verifications cascade`);
    const of = { id: "", email: freshEmail() };
    await fill(of, ["deliveries"]);
    await db().execute(sql`insert into otp_verifications (email, purpose, channel, ip_address, user_agent, delivery_id)
      select recipient, 'sign-up', 'email', '203.0.113.7', 'a browser', id from deliveries where recipient like '%' || ${of.email}`);
    await db().execute(sql`update deliveries set state = 'sent', sealed = null, created_at = now() - interval '40 days' - random() * interval '20 days'
      where recipient like '%' || ${of.email}`);
    await db().execute(
      sql`update otp_verifications set created_at = now() - interval '200 days' - random() * interval '20 days' where email like '%' || ${of.email}`,
    );
    await atScale(async () =>
      expect(await forgetDaily()).toMatchObject({
        addresses: MANY,
        networks: MANY,
        recipients: MANY,
        oldDeliveries: 0,
      }),
    );
    expect(await traces(of.email)).toEqual({});
    const [row] = await db().execute<Record<string, string>>(
      sql`select o.email, o.ip_address, o.user_agent, d.recipient from otp_verifications o join deliveries d on d.id = o.delivery_id limit 1`,
    );
    for (const kept of Object.values(row ?? { none: "" })) expect(isForgotten(kept)).toBe(true);
    // The same address has the same digest in both tables.
    expect(row?.email).toBe(row?.recipient);

    await db().execute(
      sql`update deliveries set created_at = now() - interval '181 days' - random() * interval '20 days'`,
    );
    await db().execute(sql`insert into deliveries (channel, template, recipient, sealed, expires_at, created_at)
      values ('email', 'code', 'waits@example.com', 'a message', ${soon}, now() - interval '181 days'),
        ('email', 'code', 'young@example.com', null, now(), now() - interval '179 days')`);
    await db().execute(sql`update deliveries set state = 'sent' where recipient = 'young@example.com'`);
    const ledger = await count(sql`otp_verifications`);
    const settled = await count(sql`deliveries where state <> 'queued' and created_at < now() - interval '180 days'`);
    await atScale(async () => expect(await forgetDaily()).toMatchObject({ oldDeliveries: settled, addresses: 0 }));
    expect(
      await count(sql`deliveries where recipient <> 'waits@example.com' and created_at < now() - interval '180 days'`),
    ).toBe(0);
    expect(await count(sql`deliveries where recipient = 'waits@example.com'`)).toBe(1);
    expect(await count(sql`otp_verifications`)).toBe(ledger);
    expect(await count(sql`otp_verifications where delivery_id is not null`)).toBe(0);
  });
});
