import Link from "next/link";
import { Button } from "@/components/ui/button";
import { LinkLabel } from "./link-label";
import { toDashboard } from "./links";
import { type Params, textsOf } from "./params";
import { type AdminRange, RANGES } from "./range";
import styles from "./range-picker.module.css";

type Props = { range: AdminRange; params: Params };

/** The time range of all panels. The page's address keeps it, so that a view can be shared. */
export function RangePicker({ range, params }: Props) {
  const { purpose, channel, type, by, hours } = textsOf(params);
  const kept = { purpose, channel, type, by, hours };
  return (
    <div className={styles.picker}>
      <nav aria-label="Time range" className={styles.ranges}>
        {Object.entries(RANGES).map(([name, words]) => (
          <Link
            key={name}
            href={toDashboard({ range: name, ...kept })}
            scroll={false}
            aria-current={name === range.name ? "true" : undefined}
            className={styles.range}
          >
            <LinkLabel>{words}</LinkLabel>
          </Link>
        ))}
      </nav>
      <details className={styles.days}>
        <summary>Choose days</summary>
        <form action="/admin" className={styles.form}>
          {Object.entries(kept).map(([name, value]) =>
            value === undefined ? null : <input key={name} type="hidden" name={name} value={value} />,
          )}
          <label>
            From
            <input type="date" name="from" required defaultValue={range.firstDay} />
          </label>
          <label>
            To
            <input type="date" name="to" required defaultValue={range.lastDay} />
          </label>
          <Button type="submit" look="small">
            Show these days
          </Button>
        </form>
      </details>
    </div>
  );
}
