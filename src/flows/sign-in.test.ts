import { describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { testDatabase } from "@/testing/database";
import { account, browser, identifierOf } from "@/testing/people";
import { sessionOf } from "./session";
import { signInByPassword } from "./sign-in";

testDatabase();
process.env.IP_HOURLY_GUESSES = "3";

const PASSWORD = "blue otter lamp chair";
const person = async () => account("live", { password: await hashPassword(PASSWORD) });
const signIn = (email: string, password: string, from = browser()) =>
  signInByPassword(identifierOf(email), "live", password, from);

describe("the window of guesses", () => {
  test("signed in to one's own account, guesses at another's still count for the address", async () => {
    const [own, victim] = [await person(), await person()];
    const from = browser();
    const signedIn = await signIn(own.email, PASSWORD, from);
    if (!signedIn.ok) throw new Error(signedIn.reason);
    const session = await sessionOf(signedIn.value.sessionSecret);
    const fates = [];
    for (let i = 0; i < 4; i++) fates.push(await signIn(victim.email, "a wrong password", { ...from, session }));
    expect(fates.map((fate) => !fate.ok && fate.reason)).toEqual([
      "INVALID_CREDENTIALS",
      "INVALID_CREDENTIALS",
      "RATE_LIMITED",
      "RATE_LIMITED",
    ]);
  });

  test("step-up is counted apart: neighbours who use the address up lock nobody out of it", async () => {
    const own = await person();
    const from = browser();
    const signedIn = await signIn(own.email, PASSWORD, from);
    if (!signedIn.ok) throw new Error(signedIn.reason);
    const session = await sessionOf(signedIn.value.sessionSecret);
    for (let i = 0; i < 5; i++) await signIn((await account("live")).email, "a neighbour's typo", from);
    expect(await signIn(own.email, PASSWORD, from)).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect(await signIn(own.email, PASSWORD, { ...from, session })).toMatchObject({ ok: true });
  });
});
