import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "@/trpc/client";
import { toUsers } from "../links";
import { Panel } from "../panel";
import panel from "../panel.module.css";
import { PersonCell } from "../person-cell";
import type { AdminOutput } from "../questions";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";
import { whileRevealed } from "../while-revealed";

type Account = AdminOutput["users"]["list"]["items"][number];

const IN_SIGHT = 4;

/** Locked: nothing is compared for 15 minutes. Closed: no codes until something opens them. */
const whatOf = (isLocked: boolean, isClosed: boolean) =>
  [...(isLocked ? ["Locked"] : []), ...(isClosed ? ["Codes closed"] : [])].join(", ");

const columns: Column<Account>[] = [
  {
    title: "Person",
    value: ({ name }) => name,
    cell: ({ id, sNo, name, email, phone }) => (
      <PersonCell userId={id} name={name ?? `#${sNo}`} address={email ?? phone} />
    ),
  },
  { title: "Address", only: "file", value: ({ email, phone }) => email ?? phone },
  { title: "What", value: ({ isLocked, isClosed }) => whatOf(isLocked, isClosed) },
];

/** The accounts that strangers have locked, or whose codes they have closed. For strangers nothing is compared then. */
export function Locked({ reveal }: { reveal: boolean }) {
  const trpc = useTRPC();
  const options = trpc.admin.users.list.queryOptions({ locked: true, ...(reveal && { reveal }) });
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Locked accounts"
      about="10 failures in an hour, or 100 wrong codes in a row"
      query={query}
      choice={String(reveal)}
      what="the locked accounts"
      csv={{ name: "locked-accounts", of: ({ items }) => csvOf(columns, items) }}
    >
      {({ items }) => (
        <>
          <Table
            caption="Locked accounts"
            columns={columns}
            rows={items.slice(0, IN_SIGHT)}
            keyOf={({ id }) => id}
            empty="No account is locked."
          />
          {items.length > IN_SIGHT ? (
            <p className={panel.more}>
              <Link href={toUsers({ locked: "yes" })}>All locked accounts</Link>
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
}
