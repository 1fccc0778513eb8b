"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { LocalTime } from "@/components/local-time";
import { nameIn } from "@/components/names";
import { useTRPC } from "@/trpc/client";
import { toCodes, toUser } from "../links";
import { List } from "../list";
import styles from "../list.module.css";
import { nextPage } from "../paging";
import type { AdminOutput } from "../questions";
import { Reveal } from "../reveal";
import type { Column } from "../table";
import { whileRevealed } from "../while-revealed";
import { ROLES, STATES, type UserFilter } from "./filter";

type Account = AdminOutput["users"]["list"]["items"][number];

const columnsOf = (isDemo: boolean): Column<Account>[] => [
  { title: "No.", look: "mono", value: ({ sNo }) => sNo, cell: ({ sNo }) => `#${sNo}` },
  {
    title: "Name",
    value: ({ name }) => name,
    // A demo account has no page. Its name leads to its codes.
    cell: ({ id, name }) => <Link href={isDemo ? toCodes({ demo: id }) : toUser(id)}>{name ?? "No name yet"}</Link>,
  },
  { title: "Email", look: "mono", value: ({ email }) => email },
  { title: "Phone", look: "mono", value: ({ phone }) => phone },
  {
    title: "State",
    value: ({ state }) => state,
    cell: ({ state, isLocked, isClosed }) => (
      <>
        {STATES[state]}
        {isLocked ? <span className={styles.bad}>, locked</span> : null}
        {isClosed ? <span className={styles.bad}>, codes closed</span> : null}
      </>
    ),
  },
  { title: "Role", value: ({ role }) => role, cell: ({ role }) => nameIn(ROLES, role) ?? role },
  {
    title: "Since",
    value: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <LocalTime iso={createdAt} to="minute" />,
  },
  {
    title: "Last sign-in",
    value: ({ lastLoginAt }) => lastLoginAt,
    cell: ({ lastLoginAt }) => (lastLoginAt ? <LocalTime iso={lastLoginAt} to="minute" /> : "Never"),
  },
  {
    title: "Codes",
    only: "page",
    value: () => null,
    cell: ({ id }) => <Link href={toCodes({ [isDemo ? "demo" : "user"]: id })}>See codes</Link>,
  },
];

/** The accounts that fit, the newest first. */
export function UserList({ filter }: { filter: UserFilter }) {
  const trpc = useTRPC();
  const [reveal, setReveal] = useState(false);
  const input = reveal ? { ...filter, reveal } : filter;
  const query = useInfiniteQuery({
    ...trpc.admin.users.list.infiniteQueryOptions(input, nextPage),
    ...whileRevealed(reveal),
  });
  return (
    <List
      what="accounts"
      query={query}
      columns={columnsOf(filter.accountType === "demo")}
      keyOf={({ id }) => id}
      empty={filter.query ? "No account fits. A word is found by its beginning." : "No account fits."}
    >
      <Reveal reveal={reveal} onChange={setReveal} />
    </List>
  );
}
