import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { queuedCode, queuedMessage } from "@/testing/people";
import { startResendStandIn } from "@/testing/resend-stand-in";
import type { Answer } from "@/testing/send";
import { startTwilioStandIn, twilioAccount } from "@/testing/twilio-stand-in";
import { everyFlow, type Mailbox, type Secrets } from "./journey";
import { ownPostgres } from "./own-postgres";
import { type App, stage, startApp, stopApp } from "./stage";

const [resend, twilio] = [await startResendStandIn(), await startTwilioStandIn()];
// The database's own log says all that it can say.
const database = await ownPostgres({
  config: "logging_collector = on\nlog_statement = all\nlog_min_duration_statement = 0\nlog_parameter_max_length = -1",
});
const admin = postgres(database.url, { max: 1, onnotice: () => {} });
beforeAll(async () => {
  // What the server is started with leaves an error's details and statement out: here they are in.
  for (const setting of ["log_error_verbosity = 'verbose'", "log_min_error_statement = 'error'"])
    await admin.unsafe(`alter database latchkey set ${setting}`);
});

// Ten digits: none of them stands anywhere by chance.
const prefixes = ["", "SIGN_UP_", "SIGN_IN_", "EMAIL_CHANGE_", "PHONE_", "VERIFICATION_"];
const env = {
  ...Object.fromEntries(
    prefixes.flatMap((of) => [
      [`${of}OTP_LENGTH`, "10"],
      [`${of}OTP_COOLDOWN_SECONDS`, "0"],
    ]),
  ),
  DELIVERY: "resend",
  RESEND_API_KEY: "re_attack",
  RESEND_BASE_URL: resend.url,
  TWILIO_ACCOUNT_SID: twilioAccount.sid,
  TWILIO_AUTH_TOKEN: twilioAccount.token,
  TWILIO_FROM: twilioAccount.from,
  TWILIO_BASE_URL: twilio.url,
  SMS_COUNTRIES: "US",
  IP_HOURLY_REQUESTS: "1000000",
  IP_HOURLY_GUESSES: "1000000",
  SMS_BLOCK_HOURLY: "1000000",
  LOG_LEVEL: "debug",
};
const answers: (Answer & { path: string })[] = [];
const { apps, visitor } = stage({ database, env });
let worker: App | undefined;
afterAll(async () => {
  if (worker) await stopApp(worker);
  await Promise.all([resend.stop(), twilio.stop(), admin.end()]);
});

/** What waits in the queue, sealed, as the app itself would open it. */
const undelivered: Mailbox = {
  code: async (address) => (await queuedCode(address)) ?? "",
  async token(address) {
    const message = await queuedMessage(address);
    return message && "token" in message.props ? (message.props.token ?? "") : "";
  },
};

/** What the providers were given: each message is looked for once. */
const seen = new Set<string>();
async function delivered(address: string, pattern: RegExp): Promise<string> {
  return vi.waitFor(
    () => {
      const mails = resend.sent.map(({ id, to, text }) => ({ id, to: to.join(), text: text ?? "" }));
      const texts = twilio.sent.map(({ sid, to, body }) => ({ id: sid, to, text: body }));
      const found = [...mails, ...texts].findLast(
        ({ id, to, text }) => to === address && !seen.has(id) && pattern.test(text),
      );
      if (!found) throw new Error(`nothing for ${address}`);
      seen.add(found.id);
      return pattern.exec(found.text)?.[1] ?? "";
    },
    { timeout: 20_000, interval: 20 },
  );
}
const mailboxOfProviders: Mailbox = {
  code: (address) => delivered(address, /(?<!\d)(\d{10})(?!\d)/),
  token: (address) => delivered(address, /\?token=([\w-]{43})/),
};

/** Every row of every table, whoever's it is, as text. */
async function dump(): Promise<string> {
  const tables = await admin<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  const rows: string[] = [];
  for (const { name } of tables)
    for (const row of await admin.unsafe<{ text: string }[]>(`select t::text as text from ${name} t`))
      rows.push(`${name} ${row.text}`);
  return rows.join("\n");
}

function filesBelow(directory: string): Buffer[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}
const postgresLog = () => Buffer.concat(filesBelow(join(database.directory, "log"))).toString();

/** A secret as it may be written: itself, and what anyone can compute of it without a key. */
const plainForms = (secret: string) =>
  (["utf8", "hex", "base64", "base64url"] as const).map((form) =>
    Buffer.from(secret).toString(form).replace(/=+$/, ""),
  );
const hashedForms = (secret: string) =>
  (["hex", "base64", "base64url"] as const).map((form) =>
    createHash("sha256").update(secret).digest(form).replace(/=+$/, ""),
  );
const found = (text: string, forms: Iterable<string>) => [...forms].filter((form) => text.includes(form));
const formsOf = (some: Iterable<string>, ...kinds: ((secret: string) => string[])[]) =>
  [...some].flatMap((secret) => kinds.flatMap((kind) => kind(secret)));

/** 256 random bits may be kept as their plain SHA-256: nobody tries them all (SES-01, LNK-03). Nothing else may. */
function expectAbsent(text: string, { codes, passwords, tokens, cookies }: Secrets): void {
  expect(found(text, formsOf([...codes, ...passwords], plainForms, hashedForms))).toEqual([]);
  expect(found(text, formsOf([...tokens, ...cookies], plainForms))).toEqual([]);
}

const people = () => visitor({ seen: (answer, path) => answers.push({ ...answer, path }) });

describe.each([
  ["undelivered, all of it in the queue", undelivered],
  ["delivered by a worker", mailboxOfProviders],
])("every flow, %s", (_how, mailbox) => {
  let secrets: Secrets;
  beforeAll(async () => {
    answers.length = 0;
    if (mailbox === mailboxOfProviders) {
      worker = startApp(0, { DATABASE_URL: database.url, ...env, PORT: "3000", JOBS: "on" }, "worker");
    }
    secrets = await everyFlow(people, mailbox);
  }, 60_000);

  test("went through it all", () => {
    expect(secrets.codes.size).toBeGreaterThan(20);
    expect(secrets.tokens.size).toBeGreaterThanOrEqual(6);
    expect(secrets.cookies.size).toBeGreaterThan(30);
    // A search that finds nothing anywhere would pass the rest.
    const kept = "browser cookie 123";
    expect(found(`x${Buffer.from(kept).toString("hex")}x`, formsOf([kept], plainForms))).toHaveLength(1);
  });

  test("a dump of the whole database holds no code, token, password or cookie (COD-08, SES-01, LNK-03, PWD-05)", async () => {
    const text = await dump();
    expect(text).toContain("graphile_worker");
    expectAbsent(text, secrets);
    // The hashes of what is random are there: it was the right database.
    const [cookie = ""] = [...secrets.cookies].filter((value) => text.includes(hashedForms(value)[0] ?? "none"));
    expect(cookie).not.toBe("");
    for (const password of text.matchAll(/\$2[aby]\$(\d\d)\$/g)) expect(password[1]).toBe("12");
    expect(text).not.toContain("$argon2");
  });

  test("nor does the disk it lies on: tables, indexes, write-ahead log", async () => {
    await admin`checkpoint`;
    const all = Object.values(secrets).flatMap((some) => [...some]);
    const files = filesBelow(database.directory);
    expect(files.length).toBeGreaterThan(100);
    const told = all.filter((secret) => files.some((file) => file.includes(secret)));
    expect(told).toEqual([]);
  });

  test("no log holds any: the app's and the worker's at debug, PostgreSQL's with each statement's parameters (LOG-01)", () => {
    const own = [...apps, worker].map((app) => app?.said() ?? "").join("\n");
    expect(own).toContain('"level":"debug"');
    expectAbsent(own, secrets);
    expect(found(own, formsOf([...secrets.tokens, ...secrets.cookies], hashedForms))).toEqual([]);
    const theirs = postgresLog();
    expect(theirs).toMatch(/[Pp]arameters: \$1 = '/);
    expect(theirs).toContain("insert into");
    expectAbsent(theirs, secrets);
  });

  test("no answer holds any, but the cookies it sets and the reset token it hands out (COD-07)", () => {
    expect(answers.length).toBeGreaterThan(60);
    const codes = formsOf([...secrets.codes, ...secrets.passwords], plainForms, hashedForms);
    const cookies = formsOf(secrets.cookies, plainForms, hashedForms);
    const tokens = formsOf(secrets.tokens, plainForms, hashedForms);
    let handedOut = 0;
    for (const { headers, body, path } of answers) {
      const { "set-cookie": setCookies = [], ...others } = headers;
      const rest = JSON.stringify(others) + body;
      expect(found(`${rest}${setCookies.join()}`, codes)).toEqual([]);
      expect(found(rest, cookies)).toEqual([]);
      // Who opens a link has sent its token: the page's own address stands in it.
      const told = found(`${rest}${setCookies.join()}`, tokens).filter((token) => !path.includes(token));
      const isHandedOut = told.length > 0 && new RegExp(`"resetToken":"${told[0]}"`).test(body);
      if (isHandedOut) handedOut += 1;
      else expect(told).toEqual([]);
    }
    expect(handedOut).toBe(2);
  });
});
