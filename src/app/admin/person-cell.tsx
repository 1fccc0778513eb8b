import Link from "next/link";
import type { ReactNode } from "react";
import { toCodes, toUser } from "./links";
import styles from "./table.module.css";

type Props = {
  userId: string | null;
  /** A demo account has no page. Its name leads to its codes. */
  demoUserId?: string | null;
  name: string | null;
  address: string | null;
};

/** A person in a table: a link to their page, and their address below it, in one column. */
export function PersonCell({ userId, demoUserId, name, address }: Props) {
  const called = name ?? "No name yet";
  return (
    <>
      {userId ? (
        <Link href={toUser(userId)}>{called}</Link>
      ) : demoUserId ? (
        <Link href={toCodes({ demo: demoUserId })}>{called}, demo</Link>
      ) : (
        "No account"
      )}
      {address ? <SecondLine mono>{address}</SecondLine> : null}
    </>
  );
}

/** The second line of a cell. */
export function SecondLine({ mono, children }: { mono?: boolean; children: ReactNode }) {
  return (
    <span className={styles.below} data-look={mono ? "mono" : undefined}>
      {children}
    </span>
  );
}
