import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "@/trpc/client";
import { count } from "../format";
import { HELD_BACK_BY } from "../held-back-words";
import { toCodes } from "../links";
import { Panel } from "../panel";
import type { AdminOutput } from "../questions";
import type { AdminRange } from "../range";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";

type Row = AdminOutput["heldBack"][number];

/** How many messages each rule held back. Such a request got the usual answer, but nothing was sent. */
export const heldBackColumns = ({ from, to }: Pick<AdminRange, "from" | "to">): Column<Row>[] => [
  { title: "Rule", value: ({ rule }) => rule, cell: ({ rule }) => HELD_BACK_BY[rule] },
  {
    title: "Held back",
    look: "number",
    value: (row) => row.count,
    cell: (row) => (
      <Link href={toCodes({ held: row.rule, from, to })}>
        {count(row.count)}
        {row.more ? "+" : ""}
      </Link>
    ),
  },
];

/** The messages held back in the range, by rule. */
export function HeldBack({ range }: { range: AdminRange }) {
  const trpc = useTRPC();
  const { from, to, words } = range;
  const options = trpc.admin.heldBack.queryOptions({ from, to });
  const query = useQuery({ ...options, ...useLive(), placeholderData: keepPreviousData });
  const columns = heldBackColumns(range);
  return (
    <Panel
      title="Messages held back"
      about={words}
      query={query}
      choice={words}
      what="what was held back"
      csv={{ name: "held-back", of: (rows) => csvOf(columns, rows) }}
    >
      {(rows) => (
        <Table
          caption="Messages held back"
          columns={columns}
          rows={rows.filter((row) => row.count > 0)}
          keyOf={({ rule }) => rule}
          empty="No message was held back."
        />
      )}
    </Panel>
  );
}
