import type { Whose } from "@/analytics/timeline";
import type { Channel } from "@/db/channel";
import { type Db, db } from "@/db/client";
import { env } from "@/env";
import { isDoubted } from "@/forwarded";
import { forgottenAs, isForgotten } from "@/keys";
import { CLOSED_SECONDS, FAILURES_AN_HOUR, GUESSES_IN_A_ROW, LOCKED_SECONDS } from "@/limits/lockout";
import { keptForRecovery, MAILBOX_MOST } from "@/limits/mailbox";
import { maskAddress } from "@/mask";
import { CODES_AN_HOUR, GUESSES_A_DAY, policyFor, purposes } from "@/otp/policies";
import { audit } from "./audit";
import type { Caller } from "./caller";

/** Shows an address masked, or in clear if the admin asked for that. */
export type Show = (address: string | null) => string | null;

/** Answers a question of the dashboard from the database. */
export function answer<T>(question: (db: Db) => Promise<T>): Promise<T> {
  return question(db());
}

/**
 * How addresses are shown to an admin: masked, or in clear if asked for. The ask is recorded first, so that nothing is
 * shown without a record.
 * @param whose the account or address whose story gets the record
 */
export async function showing(
  reveal: boolean,
  what: string,
  admin: Caller,
  whose: { accountId?: string | undefined; address?: string | undefined } = {},
): Promise<Show> {
  if (!reveal) return (address) => address && (isForgotten(address) ? address : maskAddress(address));
  await audit(db(), { admin }, "admin.reveal", {
    because: what,
    account: whose.accountId === undefined ? null : { accountType: "live", id: whose.accountId },
    address: whose.address,
  });
  return (address) => address;
}

/** The digests of an address in the audit log, and in the ledger after it is forgotten. */
export const digestsOf = (address: string): string[] => forgottenAs(address);

/** The owner of a story: an account with its addresses, or an address that may have no account. */
export const storyOf = (accountId: string | null, addresses: (string | null)[]): Whose => {
  const known = addresses.filter((address) => address !== null);
  return { accountId, addresses: known, digests: known.flatMap(digestsOf) };
};

/**
 * The admin's own address as this installation sees it, and the hop that it came from. This shows an undeclared proxy.
 */
export const yourAddress = ({ ipAddress }: Caller) => ({
  ipAddress,
  hops: env().trustedProxyHops,
  isForwarded: isDoubted("undeclared"),
  isFewer: isDoubted("fewer"),
});

/** The rules in force, and the document of each. Seconds, digits. */
export function policiesInForce() {
  return purposes.flatMap((purpose) =>
    (["email", "sms"] as const).flatMap((channel) => {
      const policy = policyFor(purpose, channel);
      if (!policy) return [];
      const { digits, ttlSeconds, attempts, cooldownSeconds, hash, stores } = policy;
      const tables = stores.map(({ name }) => name);
      return [
        {
          purpose,
          channel,
          digits,
          ttlSeconds,
          attempts,
          cooldownSeconds,
          hash,
          tables,
          from: sourceOf(purpose, channel),
        },
      ];
    }),
  );
}

/** The limits above the policies, and the source of each. Times in seconds. */
export function limitsInForce(): { rule: string; limit: number | null; seconds: number | null; from: string }[] {
  const { ipHourly, smsMost, smsKept } = env();
  const [hour, day] = [3600, 24 * 3600];
  return [
    {
      rule: "Codes asked for with one address; password resets are counted apart",
      limit: CODES_AN_HOUR,
      seconds: hour,
      from: "000",
    },
    {
      rule: "Wrong codes for one address and purpose, over all its codes",
      limit: GUESSES_A_DAY,
      seconds: day,
      from: "design",
    },
    {
      rule: "Wrong codes in a row from unknown devices that close an address’s codes to them, over all purposes that open an account",
      limit: GUESSES_IN_A_ROW,
      seconds: null,
      from: "design",
    },
    { rule: "How long they are closed then, at most", limit: null, seconds: CLOSED_SECONDS, from: "design" },
    {
      rule: "Failed codes or passwords that lock an address",
      limit: FAILURES_AN_HOUR,
      seconds: hour,
      from: "design",
    },
    { rule: "How long it is locked then", limit: null, seconds: LOCKED_SECONDS, from: "design" },
    ...(
      [
        ["hour", hour],
        ["day", day],
      ] as const
    ).map(([span, seconds]) => ({
      rule: `Messages to one mailbox that strangers ask for; ${keptForRecovery(MAILBOX_MOST[span])} of them kept for recovery`,
      limit: MAILBOX_MOST[span],
      seconds,
      from: "design",
    })),
    {
      rule: `Text messages to one block of numbers (SMS_BLOCK_HOURLY); ${smsKept.blockHourly} of them kept for known devices`,
      limit: smsMost.blockHourly,
      seconds: hour,
      from: "settings",
    },
    {
      rule: `Text messages of a UTC day (SMS_DAILY_MAX); ${smsKept.daily} of them kept for known devices`,
      limit: smsMost.daily,
      seconds: day,
      from: "settings",
    },
    {
      rule: "Codes and links asked for by one IP address (IP_HOURLY_REQUESTS)",
      limit: ipHourly.requests,
      seconds: hour,
      from: "settings",
    },
    {
      rule: "Codes, passwords and tokens checked from one IP address (IP_HOURLY_GUESSES)",
      limit: ipHourly.guesses,
      seconds: hour,
      from: "settings",
    },
  ];
}

/** The document of a rule (design, "Policies"). */
function sourceOf(purpose: (typeof purposes)[number], channel: Channel): string {
  if (channel === "sms") return "001, 000";
  if (purpose === "verification") return "003";
  return purpose === "password-reset" ? "004" : "001";
}
