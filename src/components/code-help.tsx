import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import styles from "./code-help.module.css";
import type { Receipt } from "./code-lead";
import { Fold } from "./ui/fold";
import { words } from "./words";

type Props = {
  channel: Receipt["channel"];
  supportEmail: string | null;
  inbox: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
  /** The page that asks for another address. Missing if the page itself does. */
  otherAddress?: Route;
  /** A hint of the page that asked for this code. */
  children?: ReactNode;
};

/** What to check when no code arrives, and the link back. */
export function CodeHelp({ channel, supportEmail, inbox, smsPaused, otherAddress, children }: Props) {
  return (
    <div className={styles.help}>
      {channel === "sms" && smsPaused ? <p className={styles.paused}>{words.smsPausedWaiting}</p> : null}
      {inbox ? (
        <p className={styles.trial}>
          This is a local trial: read the message in <Link href="/dev/inbox">the inbox</Link>.
        </p>
      ) : null}
      <Fold title="Didn’t get it?">
        <ul className={styles.list}>
          <li>{where[channel]}</li>
          {channel === "email" ? <li>{words.mailboxMost}</li> : null}
          <li>Type the code in this window, where you asked for it.</li>
          {children ? <li>{children}</li> : null}
          {supportEmail ? (
            <li>
              Still nothing? Write to <a href={`mailto:${supportEmail}`}>{supportEmail}</a>.
            </li>
          ) : null}
        </ul>
      </Fold>
      {channel === "sms" && otherAddress ? <p className={styles.risk}>{words.smsRisk}</p> : null}
      {otherAddress ? (
        <Link href={otherAddress} className={styles.back}>
          {other[channel]}
        </Link>
      ) : null}
    </div>
  );
}

const other = {
  email: "Use a different address",
  sms: "Use a different number or an email address",
} as const;

const where = {
  email: "Look in the spam folder, and check that the address above is yours.",
  sms: "Give it a minute, and check that the number above is yours.",
} as const;
