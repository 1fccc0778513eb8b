"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { Actor } from "@/audit/audit";
import { LocalTime } from "@/components/local-time";
import { type Names, nameIn } from "@/components/names";
import { useTRPC } from "@/trpc/client";
import { actionName } from "../action-names";
import { CountedRefusals } from "../counted-refusals";
import { toAudit, toUser } from "../links";
import { List } from "../list";
import styles from "../list.module.css";
import { nextPage } from "../paging";
import type { AdminOutput } from "../questions";
import type { Column } from "../table";

type Entry = AdminOutput["auditLog"]["items"][number];

const ACTORS: Names<Actor["kind"]> = {
  person: "The person",
  admin: "An admin",
  operator: "The operator",
  app: "The app",
};

const columns: Column<Entry>[] = [
  { title: "No.", look: "mono", value: ({ sNo }) => sNo },
  { title: "When", value: ({ at }) => at, cell: ({ at }) => <LocalTime iso={at} /> },
  { title: "What", value: ({ action }) => action, cell: ({ action }) => actionName(action) },
  {
    title: "Result",
    value: ({ result }) => result,
    cell: ({ result }) => (result === "ok" ? "Done" : <span className={styles.bad}>Refused</span>),
  },
  { title: "Reason", look: "prose", value: ({ reason }) => reason },
  {
    title: "By",
    value: ({ actor, actorId }) => actorId ?? actor,
    cell: ({ actor, actorId, actorName }) =>
      actor === "admin" && actorId ? (
        <>
          An admin: <Account id={actorId} name={actorName} />
        </>
      ) : (
        (nameIn(ACTORS, actor) ?? actor)
      ),
  },
  {
    title: "Account",
    value: ({ accountId }) => accountId,
    cell: ({ accountId, accountName }) => (accountId ? <Account id={accountId} name={accountName} /> : "–"),
  },
  { title: "IP address", look: "mono", value: ({ ipAddress }) => ipAddress },
  { title: "Request", look: "mono", value: ({ requestId }) => requestId },
];

/** A link to an account. A deleted one has no page, so the link leads to its entries. */
function Account({ id, name }: { id: string; name: string | null }) {
  return name === null ? <Link href={toAudit({ account: id })}>Deleted</Link> : <Link href={toUser(id)}>{name}</Link>;
}

/** The entries that fit, the newest first. */
export function AuditList({ filter }: { filter: { accountId?: string; actorId?: string; action?: string } }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(trpc.admin.auditLog.infiniteQueryOptions(filter, nextPage));
  return (
    <>
      <CountedRefusals />
      <List what="entries" query={query} columns={columns} keyOf={({ sNo }) => sNo} empty="Nothing of the kind." />
    </>
  );
}
