import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { otherCode, queuedCode } from "@/testing/people";
import type { Visitor } from "./stage";
import { everyWay, type Person, type Way } from "./states";
import { type Transcript, transcript } from "./transcript";

export const PASSWORD = "blue otter lamp chair";

/** Ways to ask for a code and to check it. `digits` and the attempts of an email and an SMS are the policies'. */
export const flows = [
  {
    flow: "sign-up",
    ways: [...everyWay],
    ask: "signUp.requestCode",
    check: "signUp.verifyCode",
    page: "/signup/verify",
  },
  {
    flow: "sign-in",
    ways: [...everyWay],
    ask: "signIn.requestCode",
    check: "signIn.verifyCode",
    page: "/signin/verify",
  },
  {
    flow: "password reset",
    ways: [...everyWay],
    ask: "passwordReset.requestCode",
    check: "passwordReset.verifyCode",
    page: "/forgot-password/verify",
    attempts: 5,
  },
  {
    flow: "registration",
    ways: ["live by email" as Way],
    ask: "signUp.register",
    asked: { password: PASSWORD, name: "Ada" },
    check: "emailVerification.verifyCode",
    page: "/register/verify",
    attempts: 5,
    digits: 8,
  },
  {
    flow: "verification",
    ways: ["live by email" as Way],
    ask: "emailVerification.requestCode",
    check: "emailVerification.verifyCode",
    page: "/register/verify",
    attempts: 5,
    digits: 8,
  },
];
type Flow = (typeof flows)[number];

/** Lets all that was asked for at an address be so much older. */
export const later = (address: string, seconds: number) =>
  db().execute(sql`update otp_verifications set created_at = created_at - make_interval(secs => ${seconds})
    where ${address} in (email, phone)`);
export const expire = (address: string) =>
  db().execute(sql`update otp_verifications set expires_at = now() where ${address} in (email, phone)`);

/** Asks and checks in every way that proves nothing, through cooldown, attempts and the hour's cap. */
export async function codeAttack(
  { address, named }: Person,
  flow: Flow,
  attempts: number,
  visitor: () => Visitor,
): Promise<Transcript> {
  const { told, seconds, add } = transcript(address);
  const [one, two] = [visitor(), visitor()];
  const none = "0".repeat(flow.digits ?? 6);
  const ask = async (who: Visitor, what: string) => add(what, await who.call(flow.ask, { ...named, ...flow.asked }));
  const check = async (who: Visitor, what: string, code: string) =>
    add(what, await who.call(flow.check, { ...named, code }));
  // Whose mail is a notice was sent no code.
  const sent = async () => (await queuedCode(address)) ?? none;

  await check(one, "a code before any was asked for", none);
  await ask(one, "ask");
  add("its page", await one.go(flow.page));
  await ask(one, "ask at once");
  const first = await sent();
  await check(two, "the right code in another browser", first);
  await check(one, "half a code", first.slice(1));
  for (let at = 0; at <= attempts; at += 1) await check(one, `wrong code ${at}`, otherCode(first));
  await check(one, "the right code after them", first);
  add("its page then", await one.go(flow.page));
  await later(address, 61);
  await ask(two, "ask elsewhere");
  await check(one, "a code that another browser's ask has ended", first);
  const second = await sent();
  await expire(address);
  await check(two, "the right code, expired", second);
  for (let at = 0; at < 5; at += 1) {
    await later(address, 61);
    await ask(one, `ask, up to the hour's cap and beyond ${at}`);
  }
  return { told, seconds };
}
