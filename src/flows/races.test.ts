import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { confirmChange, requestChange } from "./address-change";
import { deleteOwnAccount } from "./delete-account";
import { revokeOtherSessions } from "./own-sessions";
import { changePassword } from "./password-change";
import { requestLink, requestCode as requestReset, reset, verifyCode as verifyReset } from "./password-reset";
import { register } from "./registration";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

const code = async (address: string) => (await queuedCode(address)) ?? "";
const cool = (email: string) =>
  db().execute(
    sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
  );

/** An account with three browsers and an open challenge of every kind. */
async function busy() {
  const { id, email } = await account("live", { password: passwordHash });
  const them = { accountType: "live" as const, id };
  const [one, two, three] = [await signedIn(them), await signedIn(them), await signedIn(them)];
  const [asking, resetting, next] = [browser(), browser(), freshEmail()];
  await requestCode(identifierOf(email), "live", asking);
  const signIn = await code(email);
  await requestReset(identifierOf(email), "live", resetting);
  const earned = await verifyReset(identifierOf(email), "live", await code(email), resetting);
  const token = earned.ok ? earned.value.resetToken : "";
  await requestLink(email, "live", browser());
  const message = await queuedMessage(email);
  const link = message?.template === "reset-link" ? message.props.token : "";
  await requestChange("email-change", identifierOf(next), one);
  const change = await code(next);
  await cool(email);
  return { email, one, two, three, asking, signIn, resetting, token, link, next, change };
}

type Busy = Awaited<ReturnType<typeof busy>>;
const acts: Record<string, (s: Busy) => Promise<unknown>> = {
  "change the password": (s) => changePassword(PASSWORD, "green heron window soup", s.one),
  "change it elsewhere": (s) => changePassword(PASSWORD, "green heron window soup", s.two),
  "reset it by a code": (s) => reset(s.token, "yellow heron window bowl", {}, s.resetting),
  "reset it by a link": (s) => reset(s.link, "yellow heron window bowl", {}, browser()),
  "sign in by code": (s) => verifyCode(identifierOf(s.email), "live", s.signIn, s.asking),
  "prove the password anew": (s) => signInByPassword(identifierOf(s.email), "live", PASSWORD, s.two),
  "confirm a new email": (s) => confirmChange("email-change", s.change, s.one),
  "ask for a code": (s) => requestCode(identifierOf(s.email), "live", browser()),
  "ask for a reset link": (s) => requestLink(s.email, "live", browser()),
  "ask for a new email": (s) => requestChange("email-change", identifierOf(freshEmail()), s.three),
  "end other sessions": (s) => revokeOtherSessions(s.three),
  "delete the account": (s) => deleteOwnAccount(s.three),
  "register the new email": (s) => register(s.next, { password: PASSWORD, name: "Eve" }, browser()),
};
const names = Object.keys(acts);

// A fault is a deadlock, a broken reference or a duplicate address; a refusal is allowed. `holdById` has the order of
// locks.
test.each(names)("to %s while anything else is done to the account causes no fault in either", async (name) => {
  const faults: string[] = [];
  for (const other of names.slice(names.indexOf(name))) {
    const somebody = await busy();
    const all = [name, other, name].map(async (act) => acts[act]?.(somebody));
    for (const done of await Promise.allSettled(all))
      if (done.status === "rejected") faults.push(`${other}: ${done.reason.cause ?? done.reason}`);
  }
  expect(faults).toEqual([]);
});
