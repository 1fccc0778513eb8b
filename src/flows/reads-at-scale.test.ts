import { sql } from "drizzle-orm";
import { beforeAll, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedMessage } from "@/testing/people";
import { rowsReadBy } from "@/testing/rows-read";
import { challengeOf } from "./ask";
import { requestLink, requestCode as requestReset, reset } from "./password-reset";
import { requestCode, signOut, verifyCode } from "./sign-in";

/*
 * The calls that anybody may make, with many rows on the ledger and in every store. No call may read a whole table,
 * whatever PostgreSQL's statistics say: one browser has asked so often that it is among the most common values.
 */
testDatabase();
cheapHashing();
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const [ON_THE_LEDGER, IN_A_STORE] = [100_000, 20_000];
/** More rows than any of these calls has to read (at most a day of the ledger), and far fewer than a table. */
const FEW = 5_000;
const numbers = sql`generate_series(1, ${ON_THE_LEDGER}::int) n`;
const busy = browser();

beforeAll(async () => {
  const { id } = await account("live");
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, browser, created_at, expires_at)
    select ${id}::uuid, 'a' || n || '@example.com', (array['sign-in', 'password-reset', 'sign-up'])[n % 3 + 1], 'email',
      case when n % 5 = 0 then ${busy.browser} else 'browser ' || n end, at, at
    from (select n, now() - make_interval(secs => 20 * n) as at from ${numbers}) t`);
  const fillings = [
    ["signup_otps", sql`email, user_type, otp_code`, sql`email, 'live', 'x'`],
    ["otps", sql`email, otp_code`, sql`email, 'x'`],
    ["email_otps", sql`otp, type`, sql`'x', 'SIGNIN'`],
    ["phone_otps", sql`otp, type`, sql`'x', 'SIGNIN'`],
    ["passcodes", sql`code, code_type, is_used`, sql`'x', 'VERIFICATION', true`],
    ["password_reset_otps", sql`otp, email`, sql`'x', email`],
  ] as const;
  for (const [table, columns, values] of fillings)
    await db().execute(sql`insert into ${sql.identifier(table)} (user_id, ledger_s_no, expires_at, ${columns})
      select user_id, s_no, now() + interval '5 minutes', ${values} from otp_verifications limit ${IN_A_STORE}`);
  await db().execute(sql`analyze`);
  // Its challenges are ended, but the statistics still contain it.
  await signOut(busy);
});

/** The tables from which the work reads many rows, and how many. */
async function muchReadBy(run: () => Promise<unknown>): Promise<Record<string, number>> {
  return Object.fromEntries([...(await rowsReadBy(run))].filter(([, read]) => read > FEW));
}

test.each(["a browser like any other", "one that has asked very often"])(
  "asking, checking, resetting and signing out read few rows for %s",
  async (which) => {
    const from = which === "a browser like any other" ? browser() : busy;
    const { email } = await account("live");
    const known = identifierOf(email);
    const reading: Record<string, () => Promise<unknown>> = {
      "a verify page without a challenge": () => challengeOf("sign-in", from),
      "a wrong code without a challenge": () => verifyCode(identifierOf(freshEmail()), "live", "000000", from),
      "an ask": () => requestCode(known, "live", from),
      "an ask for nobody": () => requestCode(identifierOf(freshEmail()), "live", from),
      "an ask for a reset": () => requestReset(known, "live", from),
      "a verify page": () => challengeOf("sign-in", from),
      "a wrong code": () => verifyCode(known, "live", "000000", from),
      "a sign-out": () => signOut(from),
    };
    for (const [what, run] of Object.entries(reading)) expect([what, await muchReadBy(run)]).toEqual([what, {}]);
    await requestLink(email, "live", from);
    const message = await queuedMessage(email);
    const token = message?.template === "reset-link" ? message.props.token : "";
    const redeem = async () =>
      expect(await reset(token, "green heron window soup", {}, from)).toMatchObject({ ok: true });
    expect(["a reset", await muchReadBy(redeem)]).toEqual(["a reset", {}]);
  },
);
