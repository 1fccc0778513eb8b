import { actionName } from "./action-names";
import { count } from "./format";
import { toAudit, toCodes, toUser } from "./links";
import type { AdminOutput } from "./questions";

type Found = AdminOutput["suspicious"]["items"][number];
type FindingWords = {
  what: string;
  why: string;
  /** A link to the counted rows. */
  rows: ReturnType<typeof toCodes>;
  /** A link to the person's page. */
  who?: ReturnType<typeof toUser>;
};

/** A block of numbers, as a rule names it. In a block known devices, strangers and notices are counted apart. */
function blockOf(key: string) {
  const [block = "", ...share] = key.split(" ");
  return { block, whose: share.length > 0 ? `, ${share.join(" ")}` : "" };
}

/** The words for each rule's finding, and the rows behind it. */
const rules: Record<Found["rule"], (found: Found, since: string) => FindingWords> = {
  "many failures on one account": ({ key, count: times, who }, since) => ({
    what: `${who ? (who.name ?? who.address ?? "An account without a name") : "A deleted account"}, many wrong codes`,
    why: `${count(times)} wrong codes in an hour (10 or more)`,
    rows: toCodes({ user: key, wrong: "yes", from: since }),
    ...(who && { who: toUser(key) }),
  }),
  "one address on many accounts": ({ key, count: times }, since) => ({
    what: `${key}, many accounts`,
    why: `codes for ${count(times)} addresses in an hour (10 or more)`,
    rows: toCodes({ ip: key, from: since }),
  }),
  "a burst to one number block": ({ key, count: times }, since) => ({
    what: `${key}…, many numbers`,
    why: `codes to ${count(times)} numbers of one block in an hour (10 or more)`,
    rows: toCodes({ block: key, from: since }),
  }),
  "text messages to one block": ({ key, count: times }, since) => {
    const { block, whose } = blockOf(key);
    return {
      what: `SMS to ${block}…${whose}: no more this hour`,
      why: `${count(times)} asked for in an hour (SMS_BLOCK_HOURLY)`,
      rows: toCodes({ block, from: since }),
    };
  },
  "text messages of a day": ({ key, count: times }) => ({
    what: "SMS: paused until 00:00 UTC, but for known devices",
    why: `${count(times)} sent (of SMS_DAILY_MAX a quarter is kept); email goes on`,
    rows: toCodes({ channel: "sms", from: `${key}T00:00:00.000Z` }),
  }),
  "a block that verifies nothing": ({ key }, since) => {
    const { block, whose } = blockOf(key);
    return {
      what: `SMS to ${block}…${whose}: paused`,
      why: "fewer than a fifth of its last 20 were verified; one is tried after 30 minutes",
      rows: toCodes({ block, from: since }),
    };
  },
  "refusals past the log": ({ key, count: times }) => {
    const [action = "", purpose = "-", ...rule] = key.split(" ");
    return {
      what: `Refused: ${rule.join(" ")}${purpose === "-" ? "" : `, ${purpose}`}`,
      why: `${count(times)} in this hour and the one before, counted because the audit log takes no more (${actionName(action)})`,
      rows: toAudit({ action }),
    };
  },
};

/** The words for a finding. @param asOf the end of the counted hour */
export function findingWords(found: Found, asOf: string): FindingWords {
  const since = new Date(Math.floor((Date.parse(asOf) - 3_600_000) / 1000) * 1000).toISOString();
  return rules[found.rule](found, since);
}
