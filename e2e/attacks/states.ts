import { account, freshEmail, freshPhone, phoneAccount } from "@/testing/people";

/** By what an address can be named. */
export const everyWay = ["live by email", "live by phone", "demo by email"] as const;
export type Way = (typeof everyWay)[number];

/** Everything an address can be to the app. The first is the one that all others must look like. */
export const states = [
  "unknown",
  "unproven",
  "invited",
  "elsewhere",
  "incomplete",
  "active",
  "passwordless",
  "admin",
  "locked",
  "deactivated",
] as const;
export type State = (typeof states)[number];

export type Input = Record<string, string>;
/** An address in a state, and how a procedure is told it. */
export type Person = { address: string; state: State; named: Input };

/** The same, for a way: demo accounts have an address alone, and admins invite live ones. */
export const statesOf = (way: Way): readonly State[] =>
  way === "demo by email" ? states.filter((state) => !["invited", "elsewhere", "admin"].includes(state)) : states;

/** Puts an address into a state; `locked` is active, and left to the attack. All addresses of a way are equally long. */
export async function addressIn(state: State, way: Way, password: string): Promise<string> {
  const [byPhone, email, phone] = [way === "live by phone", freshEmail(), freshPhone()];
  const address = byPhone ? phone : email;
  if (state === "unknown") return address;
  const isProven = !["unproven", "invited", "elsewhere"].includes(state);
  const row = {
    password: ["passwordless", "invited"].includes(state) ? null : password,
    isProfileComplete: isProven && state !== "incomplete",
    isActive: state !== "deactivated",
    ...(state === "invited" ? { invitedAt: new Date() } : {}),
    ...(state === "admin" ? { role: "ADMIN" } : {}),
  };
  if (way === "demo by email") await account("demo", { ...row, email, emailVerified: isProven });
  else if (byPhone) {
    const other = state === "elsewhere" ? { email, emailVerified: true } : {};
    await phoneAccount({ ...row, phoneNumber: phone, phoneVerified: isProven, ...other });
  } else {
    const other = state === "elsewhere" ? { phoneNumber: phone, phoneVerified: true } : {};
    await account("live", { ...row, email, emailVerified: isProven, ...other });
  }
  return address;
}

/** What a message queued for an address of a state holds, when it signs up or registers; null for what is dropped. */
export const mailedTo: Record<State, { signUp: string | null; register: string | null }> = {
  unknown: { signUp: "code", register: "code" },
  unproven: { signUp: "code", register: "code" },
  invited: { signUp: "code", register: "code" },
  elsewhere: { signUp: null, register: null },
  incomplete: { signUp: "code", register: "already-registered" },
  active: { signUp: "already-registered", register: "already-registered" },
  passwordless: { signUp: "already-registered", register: "already-registered" },
  admin: { signUp: "already-registered", register: "already-registered" },
  locked: { signUp: "already-registered", register: "already-registered" },
  deactivated: { signUp: "account-deactivated", register: "account-deactivated" },
};
