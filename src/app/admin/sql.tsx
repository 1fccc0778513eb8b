import { useQuery } from "@tanstack/react-query";
import type { inferRouterInputs } from "@trpc/server";
import { CopyButton } from "@/components/ui/copy-button";
import { useTRPC } from "@/trpc/client";
import type { AppRouter } from "@/trpc/root";
import styles from "./panel.module.css";
import { QueryState } from "./query-state";

/** A panel's question and its input. */
export type Question = inferRouterInputs<AppRouter>["admin"]["sql"];

/** The SQL of a panel's question, to copy. */
export function Sql({ asked }: { asked: Question }) {
  const trpc = useTRPC();
  const query = useQuery({ ...trpc.admin.sql.queryOptions(asked), staleTime: Number.POSITIVE_INFINITY });
  return (
    <div className={styles.sql}>
      <QueryState query={query} what="its SQL" />
      {query.data ? (
        <>
          {/* Long lines scroll, by the keyboard too. */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1) */}
          <pre tabIndex={0} className={styles.code}>
            {query.data.sql}
          </pre>
          <CopyButton text={query.data.sql}>Copy the SQL</CopyButton>
        </>
      ) : null}
    </div>
  );
}
