"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CHANNELS } from "@/components/channels";
import { LocalTime } from "@/components/local-time";
import { nameIn } from "@/components/names";
import type { Channel } from "@/db/channel";
import { useTRPC } from "@/trpc/client";
import { List } from "../list";
import styles from "../list.module.css";
import { messageName } from "../message-name";
import { nextPage } from "../paging";
import type { AdminOutput } from "../questions";
import { Reveal } from "../reveal";
import type { Column } from "../table";
import { whileRevealed } from "../while-revealed";
import { type DeliveryState, STATES } from "./states";

type Delivery = AdminOutput["deliveries"]["items"][number];
type Filter = {
  state?: DeliveryState;
  channel?: Channel;
  from?: string;
};

const columns: Column<Delivery>[] = [
  { title: "Queued", value: ({ createdAt }) => createdAt, cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { title: "Message", value: ({ template }) => template, cell: ({ template }) => messageName(template) },
  { title: "By", value: ({ channel }) => channel, cell: ({ channel }) => nameIn(CHANNELS, channel) ?? channel },
  { title: "To", look: "mono", value: ({ recipient }) => recipient },
  {
    title: "State",
    value: ({ state, decoy }) => (decoy ? `${state}, decoy or held back` : state),
    cell: ({ state, decoy }) => (
      <>
        <span className={state === "failed" ? styles.bad : state === "sent" ? styles.good : styles.quiet}>
          {nameIn(STATES, state) ?? state}
        </span>
        {decoy ? <span className={styles.quiet}>, a decoy or held back</span> : null}
      </>
    ),
  },
  {
    title: "Sent",
    value: ({ sentAt }) => sentAt,
    cell: ({ sentAt }) => (sentAt ? <LocalTime iso={sentAt} /> : "–"),
  },
  { title: "Tries", look: "number", value: ({ attempts }) => attempts },
  { title: "Provider", value: ({ provider }) => provider },
  { title: "Provider’s id", look: "mono", value: ({ providerId }) => providerId },
  { title: "Error", look: "prose", value: ({ error }) => error },
];

/** The messages that fit, the newest first. */
export function DeliveryList({ filter }: { filter: Filter }) {
  const trpc = useTRPC();
  const [reveal, setReveal] = useState(false);
  const input = reveal ? { ...filter, reveal } : filter;
  const query = useInfiniteQuery({
    ...trpc.admin.deliveries.infiniteQueryOptions(input, nextPage),
    ...whileRevealed(reveal),
  });
  return (
    <List what="deliveries" query={query} columns={columns} keyOf={({ id }) => id} empty="No message fits.">
      <Reveal reveal={reveal} onChange={setReveal} />
    </List>
  );
}
