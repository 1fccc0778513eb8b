import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { sweepHourly } from "@/flows/retention";
import { newSecret } from "@/secrets";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { testServer } from "@/testing/http";
import { account, freshEmail, queuedCode } from "@/testing/people";
import { visitorsOf } from "@/testing/visitor";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
const visitor = visitorsOf(testServer());

const PASSWORD = "blue otter lamp chair";
const NEXT = "green heron window soup";

describe("a repeated completeProfile, after its answer was lost (UX-04),", () => {
  const BODY = { name: "Ada", password: PASSWORD, country: "FR" };

  /** A person who has proven an address and has not yet completed the profile. */
  async function proven() {
    const identifier = freshEmail();
    const who = visitor();
    await who.call("signUp.requestCode", { identifier });
    expect((await who.call("signUp.verifyCode", { identifier, code: await queuedCode(identifier) })).status).toBe(200);
    const { id } = await who.ask("account.me");
    const complete = (body: object = BODY, from = who, loses = false) =>
      from.call("signUp.completeProfile", body, { loses });
    return { identifier, id, who, complete, lose: (body: object = BODY) => complete(body, who, true) };
  }
  const age = (id: string, seconds: number) =>
    db().execute(
      sql`update sessions set completed_at = completed_at - make_interval(secs => ${seconds}) where user_id = ${id}`,
    );

  test.each([
    ["with a password", BODY],
    ["without a password", { name: "Ada", country: "FR" }],
  ])("%s, is answered once, with a new session cookie", async (_what, body) => {
    const { id, who, complete, lose } = await proven();
    const earlier = who.get("session");
    expect((await lose(body)).data).toEqual({ next: "account" });
    const again = await complete(body);
    expect([again.status, again.data]).toEqual([200, { next: "account" }]);
    expect(who.get("session")).not.toBe(earlier);
    expect(await who.ask("account.me")).toMatchObject({ id, isProfileComplete: true });
    // The second time it is refused, because the old session secret is no longer valid.
    const thief = visitor({ session: earlier, browser: who.get("browser") });
    expect((await complete(body, thief)).reason).toBe("UNAUTHORIZED");
    expect(await db().execute(sql`select from sessions where user_id = ${id}`)).toHaveLength(1);
    expect(
      await db().execute(sql`select from audit_log where account_id = ${id} and action = 'account.create'`),
    ).toHaveLength(1);
  });

  test("is refused to anybody else: with another body, another browser, no browser or another secret", async () => {
    const { id, who, complete, lose } = await proven();
    await lose();
    const [session, browser] = [who.get("session"), who.get("browser")];
    const stranger = visitor();
    await stranger.call("signUp.requestCode", { identifier: freshEmail() });
    for (const body of [
      { ...BODY, password: NEXT },
      { ...BODY, name: "Eve" },
      { ...BODY, state: "x" },
      { name: "Ada" },
    ])
      expect((await complete(body)).reason).toBe("UNAUTHORIZED");
    for (const from of [
      visitor({ session }),
      visitor({ session, browser: stranger.get("browser") }),
      visitor({ session: newSecret(), browser }),
      visitor({ browser }),
    ])
      expect((await complete(BODY, from)).reason).toBe("UNAUTHORIZED");
    // The refused calls have not used it up.
    await age(id, 58);
    expect((await complete()).status).toBe(200);
  });

  test("is answered once if it comes 20 times at once", async () => {
    const { complete, lose } = await proven();
    await lose();
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  test("is refused after 61 seconds", async () => {
    for (const body of [BODY, { name: "Ada" }]) {
      const { id, complete, lose } = await proven();
      await lose(body);
      await age(id, 61);
      expect((await complete(body)).status).toBe("password" in body ? 401 : 403);
    }
  });

  test("is refused after a step-up has changed the session secret", async () => {
    const { identifier, who, complete, lose } = await proven();
    await lose({ name: "Ada" });
    const [session, browser] = [who.get("session"), who.get("browser")];
    await who.call("signIn.requestCode", { identifier });
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${identifier}`,
    );
    await who.call("signIn.requestCode", { identifier });
    expect((await who.call("signIn.verifyCode", { identifier, code: await queuedCode(identifier) })).status).toBe(200);
    expect((await complete({ name: "Ada" }, visitor({ session, browser }))).reason).toBe("UNAUTHORIZED");
  });

  test("is refused after the session has ended or the account was deactivated", async () => {
    for (const end of [
      (id: string) => db().execute(sql`delete from sessions where user_id = ${id}`),
      (id: string) => db().execute(sql`update users set is_active = false where id = ${id}`),
      (id: string) =>
        db().execute(sql`update sessions set created_at = now() - interval '31 days' where user_id = ${id}`),
    ]) {
      const { id, complete, lose } = await proven();
      await lose();
      await end(id);
      expect((await complete()).reason).toBe("UNAUTHORIZED");
    }
  });

  test("is refused in a browser without an id", async () => {
    const password = await hashPassword(PASSWORD, stranger);
    const { email: identifier } = await account("live", { password, isProfileComplete: false });
    const who = visitor();
    expect((await who.call("signIn.password", { identifier, password: PASSWORD })).status).toBe(200);
    const earlier = who.get("session");
    expect((await who.call("signUp.completeProfile", { name: "Ada" })).status).toBe(200);
    expect(who.get("session")).toBe(earlier);
    expect((await who.call("signUp.completeProfile", { name: "Ada" })).reason).toBe("FORBIDDEN");
  });

  test("is recognised by a MAC that is swept after a minute", async () => {
    const { id, lose } = await proven();
    await lose();
    const kept = () =>
      db().execute<{ mac: string }>(
        sql`select completion_mac as mac from sessions where user_id = ${id} and completion_mac is not null`,
      );
    const [row] = await kept();
    expect(row?.mac).toMatch(/^[\w-]{43}$/);
    await sweepHourly();
    expect(await kept()).toHaveLength(1);
    await age(id, 61);
    expect((await sweepHourly()).completions).toBeGreaterThan(0);
    expect(await kept()).toHaveLength(0);
  });
});
