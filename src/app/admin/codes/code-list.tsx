"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { channelName } from "@/components/channels";
import { LocalTime } from "@/components/local-time";
import { purposeName } from "@/components/purposes";
import { useTRPC } from "@/trpc/client";
import { timeBetween } from "../format";
import { HELD_BACK } from "../held-back-words";
import { toCodes } from "../links";
import { List } from "../list";
import styles from "../list.module.css";
import { nextPage } from "../paging";
import { PersonCell } from "../person-cell";
import type { AdminOutput } from "../questions";
import { Reveal } from "../reveal";
import type { Column } from "../table";
import { useNow } from "../use-live";
import { whileRevealed } from "../while-revealed";
import type { CodeFilter } from "./filter";

type Code = AdminOutput["codes"]["list"]["items"][number];

/** A code's outcome. */
function fate({ isVerified, verifiedAt, createdAt, supersededAt, expiresAt }: Code, now: number): string {
  if (isVerified) return verifiedAt ? `Verified in ${timeBetween(createdAt, verifiedAt)}` : "Verified";
  if (supersededAt) return "Replaced or ended";
  return expiresAt && Date.parse(expiresAt) > now ? "Pending" : "Expired";
}

const columnsAt = (now: number): Column<Code>[] => [
  { title: "No.", look: "mono", value: ({ sNo }) => sNo },
  { title: "Asked for", value: ({ createdAt }) => createdAt, cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { title: "For", value: ({ purpose }) => purpose, cell: ({ purpose }) => purposeName(purpose) },
  { title: "By", value: ({ channel }) => channel, cell: ({ channel }) => channelName(channel) },
  {
    title: "Person",
    value: ({ name }) => name,
    cell: ({ email, phone, ...row }) => <PersonCell {...row} address={email ?? phone} />,
  },
  { title: "Address", only: "file", value: ({ email, phone }) => email ?? phone },
  { title: "Account", only: "file", value: ({ userId, demoUserId }) => userId ?? demoUserId },
  {
    title: "Outcome",
    value: (code) => fate(code, now),
    cell: (code) => <span className={code.isVerified ? styles.good : undefined}>{fate(code, now)}</span>,
  },
  { title: "Tries", look: "number", value: ({ attempts }) => attempts },
  {
    title: "Sent",
    value: ({ sentAt }) => sentAt,
    cell: ({ sentAt, createdAt, held }) =>
      sentAt ? (
        `After ${timeBetween(createdAt, sentAt)}`
      ) : (
        <span className={styles.quiet}>{held ? `Held back: ${HELD_BACK[held]}` : "Not sent"}</span>
      ),
  },
  { title: "Held back by", only: "file", value: ({ held }) => held },
  {
    title: "IP address",
    look: "mono",
    value: ({ ipAddress }) => ipAddress,
    cell: ({ ipAddress }) => (ipAddress ? <Link href={toCodes({ ip: ipAddress })}>{ipAddress}</Link> : "–"),
  },
  {
    // A known device has signed in to the account before. The limits count the two kinds apart.
    title: "Device",
    value: ({ share }) => (share === "device" ? "known" : "unknown"),
    cell: ({ share }) => (share === "device" ? "Known" : "Unknown"),
  },
];

/** The codes that fit, the newest first. */
export function CodeList({ filter, now }: { filter: CodeFilter; now: number }) {
  const trpc = useTRPC();
  const [reveal, setReveal] = useState(false);
  const columns = columnsAt(useNow(now));
  const input = reveal ? { ...filter, reveal } : filter;
  const query = useInfiniteQuery({
    ...trpc.admin.codes.list.infiniteQueryOptions(input, nextPage),
    ...whileRevealed(reveal),
  });
  return (
    <List
      what="codes"
      query={query}
      columns={columns}
      keyOf={({ sNo }) => sNo}
      empty={
        filter.address
          ? "No code was asked for with this address. Check its spelling; what was asked for long ago is kept as a digest only."
          : "No code fits."
      }
    >
      <Reveal reveal={reveal} onChange={setReveal} />
    </List>
  );
}
