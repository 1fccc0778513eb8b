import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { cookiesOf, testServer } from "@/testing/http";
import { account, queuedCode } from "@/testing/people";
import { session } from "@/testing/sessions";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
const { send, mutate } = testServer();

const PASSWORD = "blue otter lamp chair";
const SPELLINGS = [
  (name: string) => `${name}.müller@bücher.example`,
  (name: string) => `${name}.MÜLLER@BÜCHER.EXAMPLE`,
  (name: string) => `${name}.mu\u0308ller@bu\u0308cher.example`,
  (name: string) => `  ${name}.Müller@xn--bcher-kva.example\n`,
  (name: string) => `${name.toUpperCase()}.müller@XN--BCHER-KVA.example`,
  (name: string) => `${name}.müller@ｂücher。example`,
];
const canonical = (name: string) => `${name}.müller@xn--bcher-kva.example`;
const asTyped = (name: string) => SPELLINGS.map((spell) => spell(name));

let admin = "";
beforeAll(async () => {
  const made = await account("live", { role: "ADMIN", email: "admin@example.com" });
  admin = `latchkey_session=${await session({ accountType: "live", ...made }, { code: 0, password: 0 })}`;
});

const reasonOf = (answer: { body: string }) => JSON.parse(answer.body).error?.data?.reason ?? "ok";

test("all spellings of an address are one address at sign-up, sign-in, reset and admin search (INP-02)", async () => {
  const typed = asTyped("ada");
  const first = await mutate("signUp.requestCode", { identifier: typed[0] });
  const cookie = cookiesOf(first);
  const again = await Promise.all(typed.map((identifier) => mutate("signUp.requestCode", { identifier })));
  expect(again.map(reasonOf)).toEqual(typed.map(() => "COOLDOWN"));
  const code = await queuedCode(canonical("ada"));
  expect(reasonOf(await mutate("signUp.verifyCode", { identifier: typed[3], code }, { cookie }))).toBe("ok");
  await db()
    .update(users)
    .set({ password: await hashPassword(PASSWORD, stranger), isProfileComplete: true })
    .where(eq(users.email, canonical("ada")));

  for (const identifier of typed)
    expect(reasonOf(await mutate("signIn.password", { identifier, password: PASSWORD }))).toBe("ok");
  for (const procedure of ["signIn.requestCode", "passwordReset.requestCode"]) {
    const asked = [];
    for (const identifier of typed) asked.push(reasonOf(await mutate(procedure, { identifier })));
    expect(asked).toEqual(["ok", ...typed.slice(1).map(() => "COOLDOWN")]);
  }
  const stories = typed.map((address) =>
    send(`/api/trpc/admin.users.story?input=${encodeURIComponent(JSON.stringify({ address }))}`, {
      headers: { cookie: admin },
    }),
  );
  const told = (await Promise.all(stories)).map(({ body }) => JSON.parse(body).result.data.items);
  expect(told[0].length).toBeGreaterThan(3);
  for (const story of told) expect(story).toEqual(told[0]);

  // There is one account, and all messages went to its canonical address.
  const addresses = (await db().select({ email: users.email }).from(users)).map(({ email }) => email);
  expect(new Set(addresses)).toEqual(new Set(["admin@example.com", canonical("ada")]));
  expect(addresses).toHaveLength(2);
  const sentTo = await db().selectDistinct({ to: deliveries.recipient }).from(deliveries);
  expect(sentTo).toEqual([{ to: canonical("ada") }]);
});

test("addresses that differ by a dot, a tag or an accent are different addresses (INP-02)", async () => {
  const others = [
    "grace.hopper@example.com",
    "gracehopper@example.com",
    "grace.hopper+a@example.com",
    "gracé.hopper@example.com",
  ];
  const asked = await Promise.all(others.map((identifier) => mutate("signUp.requestCode", { identifier })));
  expect(asked.map(reasonOf)).toEqual(others.map(() => "ok"));
});

test("twenty proofs of one address at once, in different spellings, make one account without a fault (INP-02)", async () => {
  const typed = asTyped("alan");
  const cookie = cookiesOf(await mutate("signUp.requestCode", { identifier: typed[0] }));
  const code = await queuedCode(canonical("alan"));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      mutate("signUp.verifyCode", { identifier: typed[at % typed.length], code }, { cookie }),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  expect(await db().$count(users, eq(users.email, canonical("alan")))).toBe(1);
});
