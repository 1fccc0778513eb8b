import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { grant, handOutReset } from "@/flows/admin";
import { freshEmail, freshPhone, otherCode } from "@/testing/people";
import type { Called, Visitor } from "./stage";

/** What a person finds in the mailbox, or in the phone's messages. */
export type Mailbox = { code(address: string): Promise<string>; token(address: string): Promise<string> };

/** Everything that must stay secret, as those it was meant for know it. */
export type Secrets = Record<"codes" | "tokens" | "passwords" | "cookies", Set<string>>;

/** A number that can exist, as a provider's list of countries asks. */
const freshMobile = () => freshPhone().replace(/^\+1415./, "+14157");

const OPERATOR = { kind: "operator" } as const;

/**
 * Goes through every flow there is, with wrong guesses on the way, and leaves something pending of each kind.
 * @returns each secret that was made or typed
 */
export async function everyFlow(visitor: () => Visitor, mailbox: Mailbox): Promise<Secrets> {
  const secrets: Secrets = { codes: new Set(), tokens: new Set(), passwords: new Set(), cookies: new Set() };
  const people: Visitor[] = [];
  let passwords = 0;

  const someone = () => {
    const who = visitor();
    people.push(who);
    return who;
  };
  const password = () => {
    passwords += 1;
    const chosen = `blue otter lamp chair ${passwords} ${randomBytes(6).toString("hex")}`;
    secrets.passwords.add(chosen);
    return chosen;
  };
  const keepCookies = () => {
    // A cookie may hold several secrets, joined by dots.
    for (const { jar } of people)
      for (const value of jar.values()) for (const part of value.split(".")) secrets.cookies.add(part);
  };
  const done = async (who: Visitor, procedure: string, input: object): Promise<Called> => {
    const answer = await who.call(procedure, input);
    keepCookies();
    expect([procedure, answer.status, answer.reason]).toEqual([procedure, 200, undefined]);
    return answer;
  };
  const codeAt = async (address: string) => {
    const code = await mailbox.code(address);
    expect(code).toMatch(/^\d{10}$/);
    secrets.codes.add(code);
    return code;
  };
  const tokenAt = async (address: string) => {
    const token = await mailbox.token(address);
    expect(token).toMatch(/^[\w-]{43}$/);
    secrets.tokens.add(token);
    return token;
  };
  /** Checks a code, a wrong one first. */
  const prove = async (who: Visitor, procedure: string, address: string, input: object = {}) => {
    const code = await codeAt(address);
    const wrong = otherCode(code);
    secrets.codes.add(wrong);
    expect((await who.call(procedure, { ...input, code: wrong })).reason).toBe("INVALID_CODE");
    return done(who, procedure, { ...input, code });
  };
  const signUp = async (identifier: string, accountType = "live") => {
    const [who, chosen] = [someone(), password()];
    await done(who, "signUp.requestCode", { identifier, accountType });
    await prove(who, "signUp.verifyCode", identifier, { identifier, accountType });
    await done(who, "signUp.completeProfile", { name: "Ada", password: chosen });
    return { who, identifier, password: chosen };
  };
  const signInByCode = async (who: Visitor, identifier: string) => {
    await done(who, "signIn.requestCode", { identifier });
    await prove(who, "signIn.verifyCode", identifier, { identifier });
  };

  const ada = await signUp(freshEmail());
  await signUp(freshMobile());
  await signUp(freshEmail(), "demo");

  const bob = { who: someone(), email: freshEmail(), password: password() };
  await done(bob.who, "signUp.register", { email: bob.email, password: bob.password, name: "Bob" });
  await prove(bob.who, "emailVerification.verifyCode", bob.email, { email: bob.email });

  const eve = { who: someone(), email: freshEmail() };
  await done(eve.who, "signUp.register", { email: eve.email, password: password(), name: "Eve" });
  await codeAt(eve.email);
  await done(eve.who, "emailVerification.requestLink", { email: eve.email });
  await done(eve.who, "emailVerification.confirmLink", { token: await tokenAt(eve.email) });

  // Signing in, and proving oneself once more.
  await done(ada.who, "signIn.signOut", {});
  const { identifier } = ada;
  const wrong = await ada.who.call("signIn.password", { identifier, password: password() });
  expect(wrong.reason).toBe("INVALID_CREDENTIALS");
  await done(ada.who, "signIn.password", { identifier, password: ada.password });
  await signInByCode(ada.who, identifier);
  await signInByCode(someone(), identifier);

  // Changing what the account has.
  const [newEmail, newPhone, newPassword] = [freshEmail(), freshMobile(), password()];
  await done(ada.who, "account.requestEmailChange", { newEmail });
  await prove(ada.who, "account.confirmEmailChange", newEmail);
  await done(ada.who, "account.requestPhoneChange", { newPhone });
  await prove(ada.who, "account.confirmPhoneChange", newPhone);
  await done(ada.who, "account.changePassword", { currentPassword: ada.password, newPassword });

  // Forgotten: by code, by link, and by a link that an operator hands out.
  const forgetful = someone();
  await done(forgetful, "passwordReset.requestCode", { identifier: newEmail });
  const earned = await prove(forgetful, "passwordReset.verifyCode", newEmail, { identifier: newEmail });
  const resetToken = String(earned.data?.resetToken);
  secrets.tokens.add(resetToken);
  await done(forgetful, "passwordReset.reset", { resetToken, newPassword: password() });
  await done(someone(), "passwordReset.requestLink", { email: eve.email });
  await done(someone(), "passwordReset.reset", { resetToken: await tokenAt(eve.email), newPassword: password() });
  const handed = await handOutReset({ email: eve.email }, OPERATOR);
  const link = new URL(handed.ok ? handed.value.link : "http://none");
  secrets.tokens.add(link.searchParams.get("token") ?? "");
  // Opened as it is in a mail, too.
  expect((await someone().go(`${link.pathname}${link.search}`)).status).toBe(200);
  const [byHand] = [link.searchParams.get("token") ?? ""];
  await done(someone(), "passwordReset.reset", { resetToken: byHand, newPassword: password() });

  // What an admin does and sees.
  expect(await grant({ email: bob.email }, OPERATOR)).toMatchObject({ ok: true });
  await done(bob.who, "signIn.password", { identifier: bob.email, password: bob.password });
  await signInByCode(bob.who, bob.email);
  const reason = "to try it";
  const id = await idOf(bob.who, eve.email);
  await done(bob.who, "admin.users.invite", { email: freshEmail(), reason });
  await done(bob.who, "admin.users.sendReset", { id, reason });
  await tokenAt(eve.email);
  await done(bob.who, "admin.users.revokeSessions", { id, reason });
  for (const [procedure, input] of [
    ["admin.overview", undefined],
    ["admin.codes.list", { reveal: true }],
    ["admin.deliveries", { reveal: true }],
    ["admin.auditLog", undefined],
    ["admin.users.get", { id, reveal: true }],
    ["admin.users.list", { reveal: true }],
    ["account.export", undefined],
  ] as const)
    expect([procedure, (await bob.who.ask(procedure, input)).status]).toEqual([procedure, 200]);
  for (const page of ["/account", "/admin", "/admin/codes", "/admin/deliveries", `/admin/users/${id}`])
    expect([page, (await bob.who.go(page)).status]).toEqual([page, 200]);

  // Asked for, and still worth something to whoever finds it.
  const late = { who: someone(), email: freshEmail() };
  await done(late.who, "signUp.requestCode", { identifier: late.email });
  await codeAt(late.email);
  await done(late.who, "signIn.requestCode", { identifier: newEmail });
  await codeAt(newEmail);
  await done(late.who, "passwordReset.requestCode", { identifier: newEmail });
  const pending = await prove(late.who, "passwordReset.verifyCode", newEmail, { identifier: newEmail });
  secrets.tokens.add(String(pending.data?.resetToken));
  await done(late.who, "passwordReset.requestCode", { identifier: newPhone });
  await codeAt(newPhone);
  await late.who.go("/signup/verify");
  await late.who.go("/_next/static/nothing.js"); // told at debug alone
  keepCookies();
  return secrets;
}

async function idOf(admin: Visitor, query: string): Promise<string> {
  const { data } = await admin.ask("admin.users.list", { query });
  return z.object({ items: z.array(z.object({ id: z.uuid() })).length(1) }).parse(data).items[0]?.id ?? "";
}
