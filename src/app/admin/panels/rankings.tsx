import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { choicesOf } from "@/components/names";
import { useTRPC } from "@/trpc/client";
import { average, count } from "../format";
import { toCodes } from "../links";
import { Panel } from "../panel";
import panel from "../panel.module.css";
import type { Params } from "../params";
import { PersonCell } from "../person-cell";
import { type AdminOutput, hoursOf, REQUEST_HOURS, requestsIn } from "../questions";
import { type Column, csvOf, Table } from "../table";
import { Choices, UrlSelect } from "../url-select";
import { useLive } from "../use-live";
import { whileRevealed } from "../while-revealed";

type Top = AdminOutput["topUsers"][number];
type Asking = AdminOutput["requestCounts"][number];

const HOUR_MS = 3_600_000;

/** How many are shown at first, and how many a ranking has at most. */
const FEW = 10;
const MOST = 100;

type LongerProps = { rows: number; isLong: boolean; onChange: (isLong: boolean) => void };

/** The button that shows the rest of a ranking, if there can be more. */
function Longer({ rows, isLong, onChange }: LongerProps) {
  if (rows < FEW) return null;
  return (
    <p className={panel.more}>
      <button type="button" className={panel.tool} aria-expanded={isLong} onClick={() => onChange(!isLong)}>
        {isLong ? `Show the first ${FEW}` : `Show the first ${MOST}`}
      </button>
    </p>
  );
}

/** A link to an account's codes of the hours that a ranking counts. */
const codesOf = (userId: string, hours: number, now: number, verified?: "yes") =>
  toCodes({ user: userId, from: new Date(now - hours * HOUR_MS).toISOString(), verified });

export const topColumns = (days: 7 | 30 | 90, now: number): Column<Top>[] => [
  {
    title: "Person",
    value: ({ name }) => name,
    cell: (row) => <PersonCell {...row} address={row.email ?? row.phone} />,
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
  const [isLong, setLong] = useState(false);
  const options = trpc.admin.topUsers.queryOptions({
    days,
    ...(isLong && { limit: MOST }),
    ...(reveal && { reveal }),
  });
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  const columns = topColumns(days, now);
  return (
    <Panel
      title="Top users by requests"
      about={`last ${days} days`}
      query={query}
      choice={`${days},${isLong},${reveal}`}
      what="the top users"
      wide
      sql={{ panel: "topUsers", days }}
      csv={{ name: "top-users", of: (data) => csvOf(columns, data) }}
    >
      {(data) => (
        <>
          <Table
            caption="Top users by requests"
            columns={columns}
            rows={data}
            keyOf={({ userId }) => userId}
            empty="No account has asked for a code in this time."
          />
          <Longer rows={data.length} isLong={isLong} onChange={setLong} />
        </>
      )}
    </Panel>
  );
}

export const askingColumns = (hours: number, now: number): Column<Asking>[] => [
  { title: "Person", value: ({ name }) => name, cell: (row) => <PersonCell {...row} address={row.phone} /> },
  { title: "Phone", only: "file", value: ({ phone }) => phone },
  {
    title: "Requests",
    look: "number",
    value: ({ otpCount }) => otpCount,
    cell: ({ userId, otpCount }) => <Link href={codesOf(userId, hours, now)}>{count(otpCount)}</Link>,
  },
];

type AskingProps = { reveal: boolean; now: number; params: Params };

/** 000's requests per user in 24 hours. During an incident, the last hour or twelve can be chosen. */
export function RequestCounts({ reveal, now, params }: AskingProps) {
  const trpc = useTRPC();
  const hours = hoursOf(params);
  const [isLong, setLong] = useState(false);
  const options = trpc.admin.requestCounts.queryOptions({
    ...requestsIn(hours, reveal),
    ...(isLong && { limit: MOST }),
  });
  const query = useQuery({ ...options, ...useLive(), ...whileRevealed(reveal), placeholderData: keepPreviousData });
  const columns = askingColumns(hours, now);
  const time = hours === 1 ? "the last hour" : `${hours} hours`;
  return (
    <Panel
      title={`Requests in ${time}`}
      about="per user"
      query={query}
      choice={`${hours},${isLong},${reveal}`}
      what="the requests"
      sql={{ panel: "requestCounts", hours, limit: 20 }}
      csv={{ name: `requests-${hours}h`, of: (data) => csvOf(columns, data) }}
    >
      {(data) => (
        <>
          <Choices>
            <UrlSelect
              label="Requests in"
              name="hours"
              all="24 hours"
              choices={choicesOf(REQUEST_HOURS)}
              params={params}
            />
          </Choices>
          <Table
            caption={`Requests in ${time}`}
            columns={columns}
            rows={data.slice(0, isLong ? MOST : FEW)}
            keyOf={({ userId }) => userId}
            empty={`No account has asked for a code in ${time}.`}
          />
          <Longer rows={data.length} isLong={isLong} onChange={setLong} />
        </>
      )}
    </Panel>
  );
}
