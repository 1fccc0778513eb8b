import { pathToFileURL } from "node:url";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { account, freshEmail, queuedCode } from "@/testing/people";
import { session } from "@/testing/sessions";
import { stage, type Visitor } from "./stage";

const skew = pathToFileURL("e2e/attacks/skewed-clock.mjs").href;
const { apps, visitor } = stage({
  env: {
    NODE_OPTIONS: `--import=${skew}`,
    LOG_LEVEL: "info",
    IP_HOURLY_REQUESTS: "1000000",
    IP_HOURLY_GUESSES: "1000000",
  },
});

async function jump(milliseconds: number): Promise<void> {
  const [app] = apps;
  const before = app?.said().length ?? 0;
  app?.process.kill("SIGUSR2");
  await expect.poll(() => app?.said().slice(before), { timeout: 10_000 }).toContain(`off by ${milliseconds}`);
  // Nor is that said only: the app's own log tells the time it believes in.
  const told = app?.said().length ?? 0;
  await visitor().ask("account.me");
  const time = () => /"time":"([^"]+)"/.exec(app?.said().slice(told) ?? "")?.[1] ?? "";
  await expect
    .poll(() => Math.abs(Date.parse(time()) - Date.now() - milliseconds), { timeout: 10_000 })
    .toBeLessThan(60_000);
}

type Asked = { who: Visitor; identifier: string; code: string };

async function ask(): Promise<Asked> {
  const [who, identifier] = [visitor(), freshEmail()];
  const answer = await who.call("signUp.requestCode", { identifier });
  expect(answer).toMatchObject({ status: 200, data: { expiresInSeconds: 600, resendInSeconds: 60 } });
  return { who, identifier, code: (await queuedCode(identifier)) ?? "" };
}

/** Lets time pass for what was asked, by the database's clock. */
async function age({ identifier }: Asked, seconds: number): Promise<void> {
  const by = sql`make_interval(secs => ${seconds})`;
  await db().execute(sql`update otp_verifications set created_at = created_at - ${by}, expires_at = expires_at - ${by}
    where email = ${identifier}`);
  await db().execute(sql`update signup_otps set expires_at = expires_at - ${by} where email = ${identifier}`);
}

const verify = ({ who, identifier, code }: Asked) => who.call("signUp.verifyCode", { identifier, code });
const askAgain = ({ who, identifier }: Asked) => who.call("signUp.requestCode", { identifier });

/** Somebody with a session of this age, whose proof is as old. */
async function inside(seconds: number): Promise<Visitor> {
  const { id } = await account("live");
  const ago = new Date(Date.now() - seconds * 1000);
  const row = { createdAt: ago, lastSeenAt: ago };
  const who = visitor();
  who.jar.set("latchkey_session", await session({ accountType: "live", id }, { code: seconds }, row));
  return who;
}
const DAY = 86_400;

describe("the app's clock an hour off (DAT-01)", () => {
  test.each([
    ["ahead", 3_600_000],
    ["behind", -3_600_000],
  ])("%s: codes live as long, cooldowns wait as long, sessions and proofs end when they did", async (_way, offset) => {
    const [living, last, dead, cooling, cooled] = [await ask(), await ask(), await ask(), await ask(), await ask()];
    const [idle, seen, proven, stale] = [
      await inside(7 * DAY + 60),
      await inside(7 * DAY - 300),
      await inside(500),
      await inside(700),
    ];
    await age(last, 560);
    await age(dead, 601);
    await age(cooled, 61);
    await jump(offset);

    expect((await verify(living)).status).toBe(200);
    expect((await verify(last)).status).toBe(200);
    expect(await verify(dead)).toMatchObject({ status: 400, reason: "INVALID_CODE" });
    const wait = await askAgain(cooling);
    expect(wait).toMatchObject({ status: 429, reason: "COOLDOWN" });
    expect(Number(wait.headers["retry-after"])).toBeGreaterThan(30);
    expect(Number(wait.headers["retry-after"])).toBeLessThanOrEqual(60);
    expect((await askAgain(cooled)).status).toBe(200);

    expect((await idle.ask("account.me")).data).toBeNull();
    expect((await seen.ask("account.me")).data).toMatchObject({ emailVerified: true });
    expect((await proven.ask("account.export")).status).toBe(200);
    expect(await stale.ask("account.export")).toMatchObject({ status: 403, reason: "STEP_UP_REQUIRED" });

    // What is asked for while the clock is off is as long-lived as anything else.
    const [fresh, old] = [await ask(), await ask()];
    await age(old, 601);
    expect((await verify(fresh)).status).toBe(200);
    expect((await verify(old)).status).toBe(400);
  });
});
