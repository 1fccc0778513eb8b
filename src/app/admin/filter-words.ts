import { CHANNELS } from "@/components/channels";
import { memberOf, type Names, nameIn } from "@/components/names";
import type { AccountType } from "@/db/owner";

type Word = (value: string) => string | null;

const yes =
  (words: string): Word =>
  (value) =>
    value === "yes" ? words : null;

/** An instant from a link of ours, to the minute, in UTC like all days of these pages. */
const instant =
  (words: string): Word =>
  (value) => {
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : `${words} ${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  };

const types: Names<AccountType> = { live: "live accounts", demo: "demo accounts" };

/** The words for filters that come with a link and have no field. */
const WORDS = {
  user: () => "of one account",
  demo: () => "of one demo account",
  ip: (value) => `from ${value}`,
  block: (value) => `to numbers that begin with ${value}`,
  from: instant("since"),
  to: instant("before"),
  type: (value) => nameIn(types, value) ?? null,
  channel: (value) => nameIn(CHANNELS, value) ?? null,
  country: (value) => `to numbers of ${value}`,
  domain: (value) => `to addresses at ${value}`,
  min: (value) => (Number(value) >= 1 ? `tried ${Math.floor(Number(value))} times or more` : null),
  pending: yes("pending"),
  signup: yes("open codes of new sign-ups"),
  sent: yes("sent"),
  replaced: yes("replaced or ended by a newer one"),
  wrong: yes("with a wrong try"),
  active: (value) => yes("not deactivated")(value) ?? (value === "no" ? "deactivated" : null),
  proven: (value) => yes("with a verified address")(value) ?? (value === "no" ? "with no verified address" : null),
} satisfies Record<string, Word>;

/** The words for one such filter; null for a filter that is unknown or has an invalid value, and so does nothing. */
export function filterWords(name: string, value: string): string | null {
  if (value.trim() === "") return null;
  const known = memberOf<keyof typeof WORDS>(WORDS, name);
  return known ? WORDS[known](value.trim()) : null;
}
