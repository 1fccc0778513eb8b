import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "@/trpc/client";
import { average, count } from "../format";
import { toCodes, toUser } from "../links";
import { Panel } from "../panel";
import type { Admin } from "../questions";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";
import { whileRevealed } from "../while-revealed";

type Top = Admin["topUsers"][number];
type Asking = Admin["requestCounts"][number];

const person = { title: "Person", value: ({ name }: { name: string | null }) => name };
const personCell = ({ userId, name }: { userId: string; name: string | null }) => (
  <Link href={toUser(userId)}>{name ?? "No name yet"}</Link>
);

export const topColumns: Column<Top>[] = [
  { ...person, cell: personCell },
  { title: "Email", only: "file", value: ({ email }) => email },
  { title: "Phone", only: "file", value: ({ phone }) => phone },
  { title: "Address", only: "page", look: "mono", value: ({ email, phone }) => email ?? phone },
  {
    title: "Requests",
    look: "number",
    value: ({ totalRequests }) => totalRequests,
    cell: ({ userId, totalRequests }) => <Link href={toCodes({ user: userId })}>{count(totalRequests)}</Link>,
  },
  { title: "Verified", look: "number", value: ({ successful }) => successful, cell: (row) => count(row.successful) },
  { title: "Tries", look: "number", value: ({ avgAttempts }) => avgAttempts, cell: (row) => average(row.avgAttempts) },
];

/** 000's top users by requests. */
export function TopUsers({ days, reveal }: { days: 7 | 30 | 90; reveal: boolean }) {
  const trpc = useTRPC();
  const options = trpc.admin.topUsers.queryOptions({ days, ...(reveal && { reveal }) });
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Top users by requests"
      about={`${days} days`}
      query={query}
      choice={`${days},${reveal}`}
      what="the top users"
      wide
      sql={{ panel: "topUsers", days }}
      csv={{ name: "top-users", of: (data) => csvOf(topColumns, data) }}
    >
      {(data) => (
        <Table
          caption="Top users by requests"
          columns={topColumns}
          rows={data}
          keyOf={({ userId }) => userId}
          empty="No account has asked for a code in this time."
        />
      )}
    </Panel>
  );
}

export const askingColumns: Column<Asking>[] = [
  { ...person, cell: personCell },
  { title: "Phone", look: "mono", value: ({ phone }) => phone },
  {
    title: "Requests",
    look: "number",
    value: ({ otpCount }) => otpCount,
    cell: ({ userId, otpCount }) => <Link href={toCodes({ user: userId })}>{count(otpCount)}</Link>,
  },
];

/** 000's requests per user in 24 hours. */
export function RequestCounts({ reveal }: { reveal: boolean }) {
  const trpc = useTRPC();
  const options = trpc.admin.requestCounts.queryOptions(reveal ? { reveal } : {});
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Requests in 24 hours"
      about="per user, the first 10"
      query={query}
      choice={String(reveal)}
      what="the requests"
      sql={{ panel: "requestCounts", hours: 24, limit: 20 }}
      csv={{ name: "requests-24h", of: (data) => csvOf(askingColumns, data) }}
    >
      {(data) => (
        <Table
          caption="Requests in 24 hours"
          columns={askingColumns}
          rows={data.slice(0, 10)}
          keyOf={({ userId }) => userId}
          empty="No account has asked for a code in 24 hours."
        />
      )}
    </Panel>
  );
}
