import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { counted } from "@/components/clock";
import { useTRPC } from "@/trpc/client";
import { findingWords } from "../findings";
import { count } from "../format";
import { Panel } from "../panel";
import styles from "../panel.module.css";
import { csvOf } from "../table";
import { useLive } from "../use-live";

/** How many are shown at first. */
const IN_SIGHT = 4;

/** What looks like an attack, with the rule that fired. */
export function Suspicious() {
  const trpc = useTRPC();
  const query = useQuery({ ...trpc.admin.suspicious.queryOptions(), ...useLive() });
  const [showsAll, showAll] = useState(false);
  const found = query.data?.items.length ?? 0;
  return (
    <Panel
      title={found > 0 ? "Something is unusual" : "Nothing unusual"}
      about={found > 0 ? <span className={styles.alarm}>{counted(found, "finding")}</span> : "last hour"}
      query={query}
      what="what is unusual"
      sql={{ panel: "suspicious" }}
      csv={{
        name: "unusual",
        of: ({ items }) =>
          csvOf(
            [
              { title: "Rule", value: ({ rule }) => rule },
              { title: "Key", value: ({ key }) => key },
              { title: "Person", value: ({ who }) => who?.name ?? who?.address ?? null },
              { title: "Count", value: (row) => row.count },
            ],
            items,
          ),
      }}
    >
      {({ asOf, items }) =>
        items.length === 0 ? (
          <p className={styles.empty}>
            No account with ten wrong codes, no IP address at ten accounts, no ten numbers of one block.
          </p>
        ) : (
          <>
            <ul className={styles.list}>
              {items.slice(0, showsAll ? items.length : IN_SIGHT).map((finding) => {
                const { what, why, rows, who } = findingWords(finding, asOf);
                return (
                  <li key={finding.rule + finding.key} className={styles.item}>
                    <div>
                      <p className={styles.key}>{who ? <Link href={who}>{what}</Link> : what}</p>
                      <p className={styles.rule}>{why}</p>
                    </div>
                    <Link href={rows}>
                      See rows<span className="visually-hidden"> of {what}</span>
                    </Link>
                  </li>
                );
              })}
            </ul>
            {items.length > IN_SIGHT ? (
              <p className={styles.more}>
                <button
                  type="button"
                  className={styles.tool}
                  aria-expanded={showsAll}
                  onClick={() => showAll(!showsAll)}
                >
                  {showsAll ? "Show fewer" : `Show all ${count(items.length)} findings`}
                </button>
              </p>
            ) : null}
          </>
        )
      }
    </Panel>
  );
}
