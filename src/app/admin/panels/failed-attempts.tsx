import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { LocalTime } from "@/components/local-time";
import { purposeName } from "@/components/purposes";
import { useTRPC } from "@/trpc/client";
import { toCodes } from "../links";
import { Panel } from "../panel";
import panel from "../panel.module.css";
import { PersonCell, SecondLine } from "../person-cell";
import type { AdminOutput } from "../questions";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";
import { whileRevealed } from "../while-revealed";

type Failed = AdminOutput["failedAttempts"]["items"][number];

/** 000's threshold. */
const MIN_ATTEMPTS = 3;
/** How many are shown. The file has the whole page, the list of codes has all. */
const IN_SIGHT = 10;

export const failedColumns: Column<Failed>[] = [
  {
    title: "Person",
    value: ({ name }) => name,
    cell: (row) => <PersonCell {...row} address={row.email ?? row.phone} />,
  },
  { title: "Address", only: "file", value: ({ email, phone }) => email ?? phone },
  {
    title: "For",
    value: ({ purpose }) => purpose,
    cell: ({ purpose, createdAt }) => (
      <>
        {purposeName(purpose)}
        <SecondLine>
          <LocalTime iso={createdAt} />
        </SecondLine>
      </>
    ),
  },
  { title: "Tries", look: "number", value: ({ attempts }) => attempts },
  { title: "When", only: "file", value: ({ createdAt }) => createdAt },
];

/** 000's users with failed attempts: codes never verified, the newest first. */
export function FailedAttempts({ reveal }: { reveal: boolean }) {
  const trpc = useTRPC();
  const options = trpc.admin.failedAttempts.queryOptions(reveal ? { reveal } : {});
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Failed attempts"
      about={`${MIN_ATTEMPTS} or more`}
      query={query}
      choice={String(reveal)}
      what="the failed attempts"
      sql={{ panel: "failedAttempts", minAttempts: MIN_ATTEMPTS }}
      csv={{ name: "failed-attempts", of: ({ items }) => csvOf(failedColumns, items) }}
    >
      {({ items }) => (
        <>
          <Table
            caption="Failed attempts"
            columns={failedColumns}
            rows={items.slice(0, IN_SIGHT)}
            keyOf={({ sNo }) => sNo}
            empty="No code has failed three times."
          />
          {items.length > IN_SIGHT ? (
            <p className={panel.more}>
              <Link href={toCodes({ verified: "no", min: MIN_ATTEMPTS })}>All failed codes</Link>
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
}
