import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import postgres from "postgres";
import { afterAll, expect, test } from "vitest";
import { isLong } from "@/testing/long";
import { account, freshEmail, otherCode, queuedCode, queuedMessage } from "@/testing/people";
import { ownPostgres } from "./own-postgres";
import { asOurPage, cheapBcrypt, isReady, stage, type Visitor } from "./stage";

const database = await ownPostgres();
const { apps, visitor } = stage({
  database,
  env: {
    ...cheapBcrypt,
    IP_HOURLY_REQUESTS: "1000000",
    IP_HOURLY_GUESSES: "1000000",
    // As many as there can be: more than one racer gets as far as spending.
    SIGN_IN_OTP_MAX_ATTEMPTS: "10",
    VERIFICATION_OTP_MAX_ATTEMPTS: "10",
  },
});

const ROUNDS = isLong ? 20 : 3;
const CRASHES = isLong ? 20 : 1;
const PASSWORD = "blue otter lamp chair";

// Of the test's own, so that nothing of the app's pool is in what is counted.
const sql = postgres(database.url, { max: 2, onnotice: () => {} });
afterAll(() => sql.end());

/** Something that works once, in the hands of whom it is for. */
type Shot = {
  who: Visitor;
  procedure: string;
  input: Record<string, string>;
  /** How often it has worked, by what it left in the database. */
  earned: () => Promise<number>;
  /** Attempts charged to the address's challenges. */
  charged: () => Promise<number>;
};

const countOf = async (rows: PromiseLike<readonly { count: number }[]>) => (await rows)[0]?.count ?? 0;
const sessionsOf = (email: string) => () =>
  countOf(sql<{ count: number }[]>`
    select count(*)::int as count from sessions where user_id in (select id from users where email = ${email})`);
const resetsOf = (email: string) => () =>
  countOf(sql<{ count: number }[]>`
    select count(*)::int as count from deliveries where recipient = ${email} and template = 'password-reset-done'`);
const chargedTo = (email: string) => () =>
  countOf(sql<{ count: number }[]>`
    select coalesce(sum(attempts), 0)::int as count from otp_verifications where email = ${email}`);

async function asked(who: Visitor, procedure: string, input: Record<string, string>): Promise<void> {
  expect((await who.call(procedure, input)).status).toBe(200);
}

async function linkTo(email: string): Promise<string> {
  const message = await queuedMessage(email);
  return message?.template === "verification-link" ? message.props.token : "";
}

const signUpCode = async (): Promise<Shot> => {
  const [who, email] = [visitor(), freshEmail()];
  await asked(who, "signUp.requestCode", { identifier: email });
  const input = { identifier: email, code: (await queuedCode(email)) ?? "" };
  return { who, procedure: "signUp.verifyCode", input, earned: sessionsOf(email), charged: chargedTo(email) };
};

const shots: Record<string, { load: () => Promise<Shot>; times: number }> = {
  "sign-up code": { load: signUpCode, times: 100 },
  "sign-in code": {
    times: 100,
    load: async () => {
      const [who, { email }] = [visitor(), await account("live")];
      await asked(who, "signIn.requestCode", { identifier: email });
      const input = { identifier: email, code: (await queuedCode(email)) ?? "" };
      return { who, procedure: "signIn.verifyCode", input, earned: sessionsOf(email), charged: chargedTo(email) };
    },
  },
  "registration's passcode": {
    times: 100,
    load: async () => {
      const [who, email] = [visitor(), freshEmail()];
      await asked(who, "signUp.register", { email, password: PASSWORD });
      const input = { email, code: (await queuedCode(email)) ?? "" };
      const procedure = "emailVerification.verifyCode";
      return { who, procedure, input, earned: sessionsOf(email), charged: chargedTo(email) };
    },
  },
  "verification link": {
    times: 100,
    load: async () => {
      const [who, { email }] = [visitor(), await account("live", { emailVerified: false, isProfileComplete: false })];
      await asked(who, "emailVerification.requestLink", { email });
      const input = { token: await linkTo(email) };
      const procedure = "emailVerification.confirmLink";
      return { who, procedure, input, earned: sessionsOf(email), charged: chargedTo(email) };
    },
  },
  "reset token": {
    // Each hashes a password, and no more than sixty wait for their turn at that.
    times: 50,
    load: async () => {
      const [who, { email }] = [visitor(), await account("live")];
      await asked(who, "passwordReset.requestCode", { identifier: email });
      const code = (await queuedCode(email)) ?? "";
      const earned = await who.call("passwordReset.verifyCode", { identifier: email, code });
      const input = { resetToken: String(earned.data?.resetToken), newPassword: PASSWORD };
      return { who, procedure: "passwordReset.reset", input, earned: resetsOf(email), charged: chargedTo(email) };
    },
  },
};

/** Fires at once, each on a connection of its own. Null where the connection broke. */
const onManySockets = ({ who, procedure, input }: Shot, times: number) =>
  Promise.all(
    Array.from({ length: times }, () =>
      who.call(procedure, input).then(
        ({ status }) => status,
        () => null,
      ),
    ),
  );

/** Fires all on one connection, the next without waiting for the answer to the one before. */
async function onOneSocket({ who, procedure, input }: Shot, times: number): Promise<number[]> {
  const body = JSON.stringify(input);
  const port = apps[0]?.port ?? 0;
  const headers = {
    host: new URL(process.env.BASE_URL ?? "").host,
    ...asOurPage(),
    cookie: who.cookie(),
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const requestWith = (more: string) => `POST /api/trpc/${procedure} HTTP/1.1\r\n${lines.join("")}${more}\r\n${body}`;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(requestWith("").repeat(times - 1) + requestWith("connection: close\r\n"));
  return [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

test.each(Object.entries(shots))(
  "a %s works once, round after round, on many sockets and on one (COD-03, LNK-03)",
  async (_name, { load, times }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const shot = await load();
      const statuses = await (round % 2 ? onOneSocket : onManySockets)(shot, times);
      expect(statuses).toHaveLength(times);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status !== 200 && status !== 400 && status !== 429)).toEqual([]);
      expect(await shot.earned()).toBe(1);
    }
  },
);

const wrong = (shot: Shot): Shot => ({ ...shot, input: { ...shot.input, code: otherCode(shot.input.code ?? "") } });

test("100 wrong codes at once cost three attempts, are told so, and then the right code is none (THR-03)", async () => {
  for (const fire of [onManySockets, onOneSocket]) {
    const shot = await signUpCode();
    const statuses = await fire(wrong(shot), 100);
    expect(statuses.filter((status) => status === 400)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(97);
    expect(await shot.charged()).toBe(3);
    expect(await shot.who.call(shot.procedure, shot.input)).toMatchObject({ reason: "TOO_MANY_ATTEMPTS" });
    expect(await shot.earned()).toBe(0);
  }
});

test("with PostgreSQL killed in the midst each works once or not at all, and no attempt comes back (COD-03, THR-03)", async () => {
  for (let round = 0; round < CRASHES; round += 1) {
    const guessed = await signUpCode();
    const kinds = [...Object.values(shots), { load: async () => wrong(guessed), times: 100 }];
    const loaded = await Promise.all(kinds.map(async ({ load, times }) => ({ ...(await load()), times })));
    const chargedNow = () => Promise.all(loaded.map(({ charged }) => charged()));
    const before = sum(await chargedNow());
    const fired = loaded.map((shot) => onManySockets(shot, shot.times));
    // In the midst: some attempts have been charged, others wait. How many is another number in each round.
    await expect
      .poll(async () => sum(await chargedNow()), { interval: 1, timeout: 20_000 })
      .toBeGreaterThan(before + 4 * round);
    const charged = await chargedNow();
    await database.crash();
    await database.start();
    const statuses = await Promise.all(fired);
    for (const app of apps) await isReady(app);

    for (const [at, shot] of loaded.entries()) {
      const told = statuses[at]?.filter((status) => status === 200).length ?? 0;
      const earned = await shot.earned();
      expect([told, earned]).toSatisfy(() => told <= earned && earned <= 1);
      expect(await shot.charged()).toBeGreaterThanOrEqual(charged[at] ?? 0);
      // What is left of it works once at most.
      await onManySockets(shot, 10);
      expect(await shot.earned()).toBeLessThanOrEqual(1);
    }
    const refused = statuses.at(-1)?.filter((status) => status === 400) ?? [];
    expect(refused.length).toBeLessThanOrEqual(3);
    expect(await guessed.charged()).toBe(3);
    expect(await guessed.who.call(guessed.procedure, guessed.input)).toMatchObject({ reason: "TOO_MANY_ATTEMPTS" });
    expect(await guessed.earned()).toBe(0);
  }
});

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
