import type { ReactNode } from "react";
import { Fold } from "@/components/ui/fold";
import styles from "./figure.module.css";

type Props = {
  /** What the chart shows, for people who cannot see it. */
  says: string;
  chart: ReactNode;
  /** The same numbers as a table. */
  children: ReactNode;
};

/** A chart, and below it the same numbers as a table. Its height is reserved, so that nothing moves when it appears. */
export function Figure({ says, chart, children }: Props) {
  return (
    <figure className={styles.figure}>
      <div role="img" aria-label={`${says}. The table below has the same numbers.`} className={styles.chart}>
        {chart}
      </div>
      <Fold title="As a table">{children}</Fold>
    </figure>
  );
}
