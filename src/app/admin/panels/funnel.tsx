import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { CHANNELS } from "@/components/channels";
import { choicesOf } from "@/components/names";
import { PURPOSES } from "@/components/purposes";
import { useTRPC } from "@/trpc/client";
import { change, count, duration, percent, points } from "../format";
import { toCodes } from "../links";
import { Panel } from "../panel";
import panel from "../panel.module.css";
import type { Params } from "../params";
import { QueryState } from "../query-state";
import type { AdminOutput, FunnelFilter } from "../questions";
import { type AdminRange, justBefore } from "../range";
import { type Column, csvOf, Table } from "../table";
import { type Tile, Tiles } from "../tiles";
import { Choices, UrlSelect } from "../url-select";
import { useFading } from "../use-fading";
import { useLive } from "../use-live";
import styles from "./funnel.module.css";

type Props = { range: AdminRange; choice: FunnelFilter };

/** The funnel of the range. All panels that show a part of it share one query. */
export function useFunnel({ range: { from, to }, choice }: Props) {
  const trpc = useTRPC();
  const options = trpc.admin.funnel.queryOptions({ from, to, ...choice });
  return useQuery({ ...options, ...useLive(), placeholderData: keepPreviousData });
}

/** The chosen range and filter as one text. */
export const chosen = ({ words }: AdminRange, { purpose, channel, accountType }: FunnelFilter): string =>
  [words, purpose, channel, accountType].join();

/** The filter of a link to the codes of a range. */
const rowsOf = ({ range: { from, to }, choice: { purpose, channel, accountType } }: Props) => ({
  from,
  to,
  purpose,
  channel,
  type: accountType,
});

/** The range in five numbers. */
export function FunnelTiles(props: Props) {
  const query = useFunnel(props);
  const { data } = query;
  const fades = useFading(query.isPlaceholderData, chosen(props.range, props.choice));
  if (!data) return <QueryState query={query} what="the funnel" />;
  return (
    <div className={panel.answer} aria-busy={fades}>
      <Tiles of={tilesOf(data, props)} />
    </div>
  );
}

function tilesOf(data: AdminOutput["funnel"], props: Props): Tile[] {
  const rows = rowsOf(props);
  const { previous: before, timeToVerify } = data;
  const { p50Seconds, p95Seconds } = timeToVerify;
  return [
    {
      title: "Asked for",
      value: count(data.asked),
      href: toCodes(rows),
      note: change(data.asked, before.asked),
    },
    {
      title: "Verified",
      value: percent(data.conversion),
      href: toCodes({ ...rows, verified: "yes" }),
      note: points(data.conversion, before.conversion),
      worse: (data.conversion ?? 0) < (before.conversion ?? 0) - 0.02,
    },
    {
      title: "Time to verify",
      value: duration(p50Seconds),
      href: toCodes({ ...rows, verified: "yes" }),
      note: p95Seconds === null ? "median" : `median; 95 % within ${duration(p95Seconds)}`,
    },
    {
      title: "Wrong codes",
      value: percent(data.wrongCodeRate),
      href: toCodes({ ...rows, wrong: "yes" }),
      note: `of guesses; ${points(data.wrongCodeRate, before.wrongCodeRate) ?? "none before"}`,
      worse: (data.wrongCodeRate ?? 0) > (before.wrongCodeRate ?? 1) + 0.02,
    },
    {
      title: "Asked for again",
      value: percent(data.resendRate),
      href: toCodes({ ...rows, replaced: "yes" }),
      note: `replaced by a newer code; ${points(data.resendRate, before.resendRate) ?? "none before"}`,
    },
  ];
}

type Stage = { name: string; now: number; share: number | null; before: number; which: "sent" | "verified" | null };

const stagesOf = ({ asked, sent, verified, previous }: AdminOutput["funnel"]): Stage[] => [
  { name: "Asked for", now: asked, share: asked === 0 ? null : 1, before: previous.asked, which: null },
  { name: "Sent", now: sent, share: asked === 0 ? null : sent / asked, before: previous.sent, which: "sent" },
  {
    name: "Verified",
    now: verified,
    share: asked === 0 ? null : verified / asked,
    before: previous.verified,
    which: "verified",
  },
];

type PanelProps = Props & { params: Params };

/** Asked for, sent, verified: how much is lost on the way, and how much was lost before. */
export function FunnelPanel({ range, choice, params }: PanelProps) {
  const query = useFunnel({ range, choice });
  const rows = rowsOf({ range, choice });
  const columns: Column<Stage>[] = [
    { title: "Stage", value: ({ name }) => name },
    {
      title: "Codes",
      look: "number",
      value: ({ now }) => now,
      cell: ({ which, now }) => <Link href={toCodes({ ...rows, ...(which && { [which]: "yes" }) })}>{count(now)}</Link>,
    },
    {
      title: "Of those asked for",
      look: "number",
      value: ({ share }) => share,
      cell: ({ share }) => (
        <span className={styles.share}>
          {share === null ? <span /> : <span className={styles.bar} style={{ inlineSize: `${share * 100}%` }} />}
          {percent(share)}
        </span>
      ),
    },
    {
      title: "Before",
      look: "number",
      value: ({ before }) => before,
      cell: ({ which, before }) => (
        <Link href={toCodes({ ...rows, ...justBefore(range), ...(which && { [which]: "yes" }) })}>{count(before)}</Link>
      ),
    },
  ];
  return (
    <Panel
      title="Funnel"
      about={range.words}
      query={query}
      choice={chosen(range, choice)}
      what="the funnel"
      wide
      sql={{ panel: "funnel", from: range.from, to: range.to, ...choice }}
      csv={{ name: "funnel", of: (data) => csvOf(columns, stagesOf(data)) }}
    >
      {(data) => (
        <>
          <Choices>
            <UrlSelect
              label="Purpose"
              name="purpose"
              all="All purposes"
              choices={choicesOf(PURPOSES)}
              params={params}
            />
            <UrlSelect
              label="Channel"
              name="channel"
              all="All channels"
              choices={choicesOf(CHANNELS)}
              params={params}
            />
            <UrlSelect
              label="Account type"
              name="type"
              all="Live and demo"
              choices={choicesOf(ACCOUNT_TYPES)}
              params={params}
            />
          </Choices>
          <Table
            caption="Funnel"
            columns={columns}
            rows={stagesOf(data)}
            keyOf={({ name }) => name}
            empty="No code was asked for."
          />
        </>
      )}
    </Panel>
  );
}
