import type { Route } from "next";
import Link from "next/link";
import styles from "./code-help.module.css";
import type { Receipt } from "./code-lead";
import { Fold } from "./ui/fold";

type Props = {
  channel: Receipt["channel"];
  supportEmail: string | null;
  inbox: boolean;
  /** Where another address is asked for. */
  otherAddress: Route;
};

/** What to check when no code arrives, and the way back. */
export function CodeHelp({ channel, supportEmail, inbox, otherAddress }: Props) {
  return (
    <div className={styles.help}>
      <Fold title="Didn’t get it?">
        <ul className={styles.list}>
          {inbox ? (
            <li>
              This is a local trial: messages go to <Link href="/dev/inbox">the inbox page</Link> and nowhere else.
            </li>
          ) : null}
          <li>{where[channel]}</li>
          <li>Type the code in this window, where you asked for it.</li>
          {supportEmail ? (
            <li>
              Still nothing? Write to <a href={`mailto:${supportEmail}`}>{supportEmail}</a>.
            </li>
          ) : null}
        </ul>
      </Fold>
      <Link href={otherAddress} className={styles.back}>
        Use a different address
      </Link>
    </div>
  );
}

const where = {
  email: "Look in the spam folder, and check that the address above is yours.",
  sms: "Give it a minute, and check that the number above is yours.",
} as const;
