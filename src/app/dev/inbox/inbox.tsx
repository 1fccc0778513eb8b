"use client";

import { useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { counted } from "@/components/clock";
import { useTRPC } from "@/trpc/client";
import type { AppRouter } from "@/trpc/root";
import styles from "./inbox.module.css";
import { Message } from "./message";
import { useSteadyList } from "./use-steady-list";

type Messages = inferRouterOutputs<AppRouter>["inbox"]["list"];

/** The messages, newest first, looked up again every few seconds. */
export function Inbox({ first }: { first: Messages }) {
  const trpc = useTRPC();
  const { data: messages } = useQuery(
    trpc.inbox.list.queryOptions(undefined, { initialData: first, staleTime: 0, refetchInterval: 2000 }),
  );
  const list = useSteadyList(messages);
  return (
    <>
      <p role="status" className={styles.count}>
        {messages.length === 0
          ? "No messages yet. This page looks again by itself."
          : counted(messages.length, "message")}
      </p>
      <div ref={list} className={styles.list}>
        {messages.map(({ id, ...message }, index) => (
          <Message key={id} {...message} newest={index === 0} />
        ))}
      </div>
    </>
  );
}
