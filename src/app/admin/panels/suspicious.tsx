import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { counted } from "@/components/clock";
import { useTRPC } from "@/trpc/client";
import { count } from "../format";
import { toCodes, toUser } from "../links";
import { Panel } from "../panel";
import styles from "../panel.module.css";
import type { Admin } from "../questions";
import { csvOf } from "../table";
import { useLive } from "../use-live";

type Found = Admin["suspicious"]["items"][number];

/** What each rule has found, in words, and the rows behind it. */
const rules: Record<
  Found["rule"],
  (found: Found, since: string) => { what: string; why: string; rows: ReturnType<typeof toCodes> }
> = {
  "many failures on one account": ({ key, count: times }) => ({
    what: "One account, many wrong codes",
    why: `${count(times)} wrong codes in an hour (10 or more)`,
    rows: toUser(key),
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
  "text messages to one block": ({ key, count: times }, since) => ({
    what: `SMS to ${key}…: no more this hour`,
    why: `${count(times)} asked for in an hour (SMS_BLOCK_HOURLY)`,
    rows: toCodes({ block: key, from: since }),
  }),
  "text messages of a day": ({ key, count: times }) => ({
    what: "SMS: no more today",
    why: `${count(times)} asked for (SMS_DAILY_MAX); email goes on`,
    rows: toCodes({ channel: "sms", from: `${key}T00:00:00.000Z` }),
  }),
  "a block that verifies nothing": ({ key }, since) => ({
    what: `SMS to ${key}…: paused`,
    why: "fewer than a fifth of its last 20 were verified; one is tried after 30 minutes",
    rows: toCodes({ block: key, from: since }),
  }),
};

/** What looks like an attack, with the rule that fired. */
export function Suspicious() {
  const trpc = useTRPC();
  const query = useQuery({ ...trpc.admin.suspicious.queryOptions(), ...useLive() });
  const found = query.data?.items.length ?? 0;
  return (
    <Panel
      title={found > 0 ? "Something is unusual" : "Nothing unusual"}
      about={found > 0 ? <span className={styles.alarm}>{counted(found, "finding")}</span> : "last hour"}
      query={query}
      what="what is unusual"
      sql={{ panel: "suspicious" }}
      csv={{
        name: "unusual",
        of: ({ items }) =>
          csvOf(
            [
              { title: "Rule", value: ({ rule }) => rule },
              { title: "Key", value: ({ key }) => key },
              { title: "Count", value: (row) => row.count },
            ],
            items,
          ),
      }}
    >
      {({ asOf, items }) => {
        const since = new Date(Math.floor((Date.parse(asOf) - 3_600_000) / 1000) * 1000).toISOString();
        return items.length === 0 ? (
          <p className={styles.empty}>
            No account with ten wrong codes, no IP address at ten accounts, no ten numbers of one block.
          </p>
        ) : (
          <ul className={styles.list}>
            {items.slice(0, 4).map((finding) => {
              const { what, why, rows } = rules[finding.rule](finding, since);
              return (
                <li key={finding.rule + finding.key} className={styles.item}>
                  <div>
                    <p className={styles.key}>{what}</p>
                    <p className={styles.rule}>{why}</p>
                  </div>
                  <Link href={rows}>
                    See rows<span className="visually-hidden"> of {what}</span>
                  </Link>
                </li>
              );
            })}
          </ul>
        );
      }}
    </Panel>
  );
}
