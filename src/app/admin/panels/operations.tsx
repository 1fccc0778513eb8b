import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { CHANNELS } from "@/components/channels";
import { LocalTime } from "@/components/local-time";
import { nameIn } from "@/components/names";
import { useTRPC } from "@/trpc/client";
import { count, duration } from "../format";
import { toDeliveries } from "../links";
import { Panel } from "../panel";
import type { AdminOutput } from "../questions";
import { type Column, Table } from "../table";
import { useLive } from "../use-live";
import styles from "./operations.module.css";

type State = AdminOutput["operations"];
type Refused = AdminOutput["refusalCounts"]["items"][number];
type Sent = State["deliveries"][number];
type Job = State["jobs"][number];

const DAY_MS = 86_400_000;

const numbers = ["queued", "sent", "failed", "dropped"] as const;

/** @param since the start of the hours in which the messages were counted */
const deliveriesSince = (since: string): Column<Sent>[] => [
  { title: "Messages", value: ({ channel }) => channel, cell: ({ channel }) => nameIn(CHANNELS, channel) ?? channel },
  ...numbers.map(
    (state): Column<Sent> => ({
      title: state[0]?.toUpperCase() + state.slice(1),
      look: "number",
      value: (row) => row[state],
      cell: (row) => <Link href={toDeliveries({ state, channel: row.channel, from: since })}>{count(row[state])}</Link>,
    }),
  ),
];

const jobs: Column<Job>[] = [
  { title: "Job", value: ({ task }) => task },
  { title: "Waiting", look: "number", value: ({ waiting }) => waiting, cell: ({ waiting }) => count(waiting) },
  { title: "Failing", look: "number", value: ({ failing }) => failing, cell: ({ failing }) => count(failing) },
  { title: "Given up", look: "number", value: ({ gaveUp }) => gaveUp, cell: ({ gaveUp }) => count(gaveUp) },
  {
    title: "Overdue by",
    look: "number",
    value: ({ oldestSeconds }) => oldestSeconds,
    cell: ({ oldestSeconds }) => duration(oldestSeconds),
  },
];

const refusals: Column<Refused>[] = [
  { title: "Refused by", value: ({ rule }) => rule },
  { title: "In the log", look: "number", value: ({ written }) => written, cell: ({ written }) => count(written) },
  { title: "Counted alone", look: "number", value: (row) => row.counted, cell: (row) => count(row.counted) },
  { title: "Most of these from", look: "mono", value: ({ most }) => most },
];

/** Refusals by rule. The log takes only so many an hour, so the others are counted beside it. */
function Refusals() {
  const trpc = useTRPC();
  const query = useQuery({ ...trpc.admin.refusalCounts.queryOptions(), ...useLive() });
  return (
    <Table
      caption="Refusals of this hour and the one before"
      columns={refusals}
      rows={query.data?.items ?? []}
      keyOf={({ rule }) => rule}
      empty={query.data ? "Nobody was refused in this hour and the one before." : "How many were refused is not known."}
    />
  );
}

/** Whether messages are sent and jobs run, and which address the app sees the admin come from. */
export function OperationsPanel() {
  const trpc = useTRPC();
  const query = useQuery({ ...trpc.admin.operations.queryOptions(), ...useLive() });
  return (
    <Panel title="Jobs and deliveries" about="messages of 24 hours" query={query} what="the state of jobs" wide>
      {(state) => (
        <>
          <Table
            caption="Deliveries in 24 hours"
            columns={deliveriesSince(new Date(Date.parse(state.asOf) - DAY_MS).toISOString())}
            rows={state.deliveries}
            keyOf={({ channel }) => channel}
            empty="No message in 24 hours."
          />
          {state.oldestQueuedSeconds !== null && state.oldestQueuedSeconds > 60 ? (
            <p className={styles.alarm}>
              The oldest message has waited for {duration(state.oldestQueuedSeconds)}. Is a worker running?
            </p>
          ) : null}
          <div className={styles.jobs}>
            <Table caption="Jobs" columns={jobs} rows={state.jobs} keyOf={({ task }) => task} empty="No job waits." />
          </div>
          <div className={styles.jobs}>
            <Refusals />
          </div>
          <p className={styles.note}>
            {state.rollup.snapshotAt ? (
              <>
                Sums of <LocalTime iso={state.rollup.snapshotAt} />
                {state.rollup.lateChanges > 0 ? `, ${count(state.rollup.lateChanges)} late changes to come` : ""}.{" "}
              </>
            ) : (
              "The sums have not been made yet: is a worker running? "
            )}
            {address(state.you)}
          </p>
        </>
      )}
    </Panel>
  );
}

/** The address that the app sees. With it an admin can check the declared number of proxies. */
function address({ ipAddress, hops, isForwarded, isFewer }: State["you"]): string {
  const seen = `We see you as ${ipAddress}, ${hops === 0 ? "from the connection itself" : `by proxy hop ${hops} from the right`}.`;
  if (isFewer)
    return `${seen} Fewer forwarded addresses came in than the ${hops} declared: if that is too many, clients can choose the address that they count as (TRUSTED_PROXY_HOPS).`;
  return isForwarded
    ? `${seen} A forwarded header came in, but no proxy is declared: behind one, everyone counts as one address (TRUSTED_PROXY_HOPS).`
    : seen;
}
