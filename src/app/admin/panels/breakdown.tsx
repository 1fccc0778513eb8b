import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { channelName } from "@/components/channels";
import { nameIn } from "@/components/names";
import { purposeName } from "@/components/purposes";
import { useTRPC } from "@/trpc/client";
import { count, duration, NOTHING, percent } from "../format";
import { LinkLabel } from "../link-label";
import { toCodes, toDashboard } from "../links";
import { Panel } from "../panel";
import { type Params, textsOf } from "../params";
import { type AdminOutput, BREAKDOWNS, type Breakdown, type FunnelFilter } from "../questions";
import { type AdminRange, justBefore, wholeDays } from "../range";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";
import styles from "./breakdown.module.css";
import { chosen } from "./funnel";

type Group = AdminOutput["breakdown"][number];

const regions = new Intl.DisplayNames("en", { type: "region" });

/** A group's name. */
function nameOf(by: Breakdown, group: string): string {
  if (by === "purpose") return purposeName(group);
  if (by === "channel") return channelName(group);
  if (by === "accountType") return nameIn(ACCOUNT_TYPES, group) ?? group;
  if (by === "country") return /^[A-Z]{2}$/.test(group) ? (regions.of(group) ?? group) : "Email, or not known";
  return group;
}

/** The query name that filters the list of codes by a group. */
const filterOf: Record<Breakdown, string> = {
  purpose: "purpose",
  channel: "channel",
  accountType: "type",
  mailDomain: "domain",
  country: "country",
};

/** Which of a group's codes, if not all of the range. */
type Which = { from?: string; to?: string } & Partial<Record<"sent" | "verified" | "wrong" | "replaced", "yes">>;

/** The columns of the comparison: the group and its numbers. */
export function breakdownColumns(
  by: Breakdown,
  range: AdminRange,
  { purpose, channel, accountType }: FunnelFilter,
): Column<Group>[] {
  // Mail domains are counted by whole days, so their rows are of whole days, too.
  const { from, to } = by === "mailDomain" ? wholeDays(range) : range;
  const before = justBefore({ from, to });
  /** A number, as a link to its rows if they can be filtered. */
  const rows = (number: string, group: string, more: Which = {}) =>
    group === "" || number === NOTHING ? (
      number
    ) : (
      <Link href={toCodes({ from, to, purpose, channel, type: accountType, [filterOf[by]]: group, ...more })}>
        {number}
      </Link>
    );
  return [
    { title: BREAKDOWNS[by], value: ({ group }) => group, cell: ({ group }) => nameOf(by, group) },
    {
      title: "Asked for",
      look: "number",
      value: ({ asked }) => asked,
      cell: ({ asked, group }) => rows(count(asked), group),
    },
    {
      title: "Before",
      look: "number",
      value: ({ previous }) => previous.asked,
      cell: (row) => rows(count(row.previous.asked), row.group, before),
    },
    {
      title: "Sent",
      look: "number",
      value: ({ sent }) => sent,
      cell: ({ sent, group }) => rows(count(sent), group, { sent: "yes" }),
    },
    {
      title: "Verified",
      look: "number",
      value: ({ conversion }) => conversion,
      cell: ({ conversion, group }) => rows(percent(conversion), group, { verified: "yes" }),
    },
    {
      title: "Verified before",
      look: "number",
      value: ({ previous }) => previous.conversion,
      cell: ({ previous, group }) => rows(percent(previous.conversion), group, { ...before, verified: "yes" }),
    },
    {
      title: "Wrong codes",
      look: "number",
      value: ({ wrongCodeRate }) => wrongCodeRate,
      cell: ({ wrongCodeRate, group }) => rows(percent(wrongCodeRate), group, { wrong: "yes" }),
    },
    {
      title: "Asked again",
      look: "number",
      value: ({ resendRate }) => resendRate,
      cell: ({ resendRate, group }) => rows(percent(resendRate), group, { replaced: "yes" }),
    },
    {
      title: "Median",
      look: "number",
      value: ({ timeToVerify }) => timeToVerify.p50Seconds,
      cell: ({ timeToVerify }) => duration(timeToVerify.p50Seconds),
    },
    {
      title: "95 %",
      look: "number",
      value: ({ timeToVerify }) => timeToVerify.p95Seconds,
      cell: ({ timeToVerify }) => duration(timeToVerify.p95Seconds),
    },
  ];
}

type Props = {
  range: AdminRange;
  choice: FunnelFilter;
  by: Breakdown;
  params: Params;
};

/** The funnel by group, each compared with the time before. */
export function BreakdownPanel({ range, choice, by, params }: Props) {
  const trpc = useTRPC();
  const { from, to } = range;
  const options = trpc.admin.breakdown.queryOptions({ from, to, ...choice, by });
  const query = useQuery({ ...options, ...useLive(), placeholderData: keepPreviousData });
  const columns = breakdownColumns(by, range, choice);
  return (
    <Panel
      title="Compared"
      about={by === "mailDomain" ? `${range.words}, whole UTC days` : range.words}
      query={query}
      choice={`${by},${chosen(range, choice)}`}
      what="the comparison"
      full
      sql={{ panel: "breakdown", by, from, to, ...choice }}
      csv={{ name: `by-${by}`, of: (data) => csvOf(columns, data) }}
    >
      {(data) => (
        <>
          <nav aria-label="Compare by" className={styles.by}>
            {Object.entries(BREAKDOWNS).map(([value, name]) => (
              <Link
                key={value}
                href={toDashboard({ ...textsOf(params), by: value })}
                scroll={false}
                aria-current={value === by ? "true" : undefined}
                className={styles.way}
              >
                <LinkLabel>{name}</LinkLabel>
              </Link>
            ))}
          </nav>
          <Table
            caption={`Compared by ${BREAKDOWNS[by].toLowerCase()}`}
            columns={columns}
            rows={data}
            keyOf={({ group }) => group}
            empty="No code was asked for in this time."
          />
        </>
      )}
    </Panel>
  );
}
