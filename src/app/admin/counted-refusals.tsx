import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/trpc/client";
import { count } from "./format";
import styles from "./list.module.css";

/**
 * The refusals that the audit log had no room for, by rule, beside a list of its entries. Without them a flood would
 * look like the whole story. It shows nothing if there are none.
 */
export function CountedRefusals() {
  const trpc = useTRPC();
  const query = useQuery(trpc.admin.refusalCounts.queryOptions());
  const counted = query.data?.items.filter((row) => row.counted > 0) ?? [];
  if (counted.length === 0) return null;
  return (
    <p className={styles.beyond}>
      The log takes so many refusals an hour. Counted beside it, in this hour and the one before:{" "}
      {counted.map((row) => `${row.rule} ${count(row.counted)}`).join(", ")}.
    </p>
  );
}
