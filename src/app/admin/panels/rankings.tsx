import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "@/trpc/client";
import { average, count } from "../format";
import { toCodes } from "../links";
import { Panel } from "../panel";
import type { Admin } from "../questions";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";
import { whileRevealed } from "../while-revealed";
import { Who } from "../who";

type Top = Admin["topUsers"][number];
type Asking = Admin["requestCounts"][number];

const HOUR_MS = 3_600_000;

/** The codes of an account in the sliding hours that a ranking counts. */
const codesOf = (userId: string, hours: number, now: number, verified?: "yes") =>
  toCodes({ user: userId, from: new Date(now - hours * HOUR_MS).toISOString(), verified });

export const topColumns = (days: 7 | 30 | 90, now: number): Column<Top>[] => [
  {
    title: "Person",
    value: ({ name }) => name,
    cell: (row) => <Who {...row} address={row.email ?? row.phone} />,
  },
  { title: "Email", only: "file", value: ({ email }) => email },
  { title: "Phone", only: "file", value: ({ phone }) => phone },
  {
    title: "Requests",
    look: "number",
    value: ({ totalRequests }) => totalRequests,
    cell: ({ userId, totalRequests }) => <Link href={codesOf(userId, 24 * days, now)}>{count(totalRequests)}</Link>,
  },
  {
    title: "Verified",
    look: "number",
    value: ({ successful }) => successful,
    cell: ({ userId, successful }) => <Link href={codesOf(userId, 24 * days, now, "yes")}>{count(successful)}</Link>,
  },
  {
    title: "Tries a code",
    look: "number",
    value: ({ avgAttempts }) => avgAttempts,
    cell: (row) => average(row.avgAttempts),
  },
];

/** 000's top users by requests. */
export function TopUsers({ days, reveal, now }: { days: 7 | 30 | 90; reveal: boolean; now: number }) {
  const trpc = useTRPC();
  const options = trpc.admin.topUsers.queryOptions({ days, ...(reveal && { reveal }) });
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  const columns = topColumns(days, now);
  return (
    <Panel
      title="Top users by requests"
      about={`last ${days} days`}
      query={query}
      choice={`${days},${reveal}`}
      what="the top users"
      wide
      sql={{ panel: "topUsers", days }}
      csv={{ name: "top-users", of: (data) => csvOf(columns, data) }}
    >
      {(data) => (
        <Table
          caption="Top users by requests"
          columns={columns}
          rows={data}
          keyOf={({ userId }) => userId}
          empty="No account has asked for a code in this time."
        />
      )}
    </Panel>
  );
}

export const askingColumns = (now: number): Column<Asking>[] => [
  { title: "Person", value: ({ name }) => name, cell: (row) => <Who {...row} address={row.phone} /> },
  { title: "Phone", only: "file", value: ({ phone }) => phone },
  {
    title: "Requests",
    look: "number",
    value: ({ otpCount }) => otpCount,
    cell: ({ userId, otpCount }) => <Link href={codesOf(userId, 24, now)}>{count(otpCount)}</Link>,
  },
];

/** 000's requests per user in 24 hours. */
export function RequestCounts({ reveal, now }: { reveal: boolean; now: number }) {
  const trpc = useTRPC();
  const options = trpc.admin.requestCounts.queryOptions(reveal ? { reveal } : {});
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  const columns = askingColumns(now);
  return (
    <Panel
      title="Requests in 24 hours"
      about="per user, the first 10"
      query={query}
      choice={String(reveal)}
      what="the requests"
      sql={{ panel: "requestCounts", hours: 24, limit: 20 }}
      csv={{ name: "requests-24h", of: (data) => csvOf(columns, data) }}
    >
      {(data) => (
        <Table
          caption="Requests in 24 hours"
          columns={columns}
          rows={data.slice(0, 10)}
          keyOf={({ userId }) => userId}
          empty="No account has asked for a code in 24 hours."
        />
      )}
    </Panel>
  );
}
