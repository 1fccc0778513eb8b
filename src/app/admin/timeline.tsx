import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { LocalTime, Zone } from "@/components/local-time";
import { CountedRefusals } from "./counted-refusals";
import { eventWords } from "./event-words";
import { rowsOf } from "./paging";
import { QueryState } from "./query-state";
import type { AdminOutput } from "./questions";
import { ShowMore } from "./show-more";
import styles from "./timeline.module.css";

type Event = AdminOutput["users"]["story"]["items"][number];

type Props = {
  query: UseInfiniteQueryResult<{ pages: { items: Event[]; nextCursor: string | null }[] }, unknown>;
  empty: ReactNode;
};

/** What happened, the newest first, in sentences. */
export function Timeline({ query, empty }: Props) {
  const events = rowsOf(query);
  return (
    <>
      <CountedRefusals />
      {query.isFetchNextPageError ? null : <QueryState query={query} what="what happened" />}
      {query.data && events.length === 0 ? <p className={styles.empty}>{empty}</p> : null}
      {events.length > 0 ? (
        <p className={styles.details}>
          <Zone />
        </p>
      ) : null}
      {events.length > 0 ? (
        <ol className={styles.timeline}>
          {events.map((event) => {
            const { what, look, details } = eventWords(event);
            return (
              <li key={event.key} className={styles.event} data-look={look}>
                <p className={styles.when}>
                  <LocalTime iso={event.at} />
                </p>
                <div>
                  <p className={styles.what}>{what}</p>
                  {details.length > 0 ? <p className={styles.details}>{details.join(" · ")}</p> : null}
                </div>
              </li>
            );
          })}
        </ol>
      ) : null}
      <ShowMore query={query} what="what was before" />
    </>
  );
}
