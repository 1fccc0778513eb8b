import type { ReactNode } from "react";
import { countdown } from "./clock";
import styles from "./resend-button.module.css";
import { Button } from "./ui/button";
import { FaultLine } from "./ui/fault-line";
import { words } from "./words";

type Props = {
  secondsLeft: number;
  busy: boolean;
  onPress: () => void;
  notice: string | undefined;
  fault: ReactNode;
};

/** Asks for another code after the countdown, and shows the outcome. */
export function ResendButton({ secondsLeft, busy, onPress, notice, fault }: Props) {
  const waiting = secondsLeft > 0;
  return (
    <div className={styles.resend}>
      <Button look="quiet" busy={busy} busyLabel="Sending…" waiting={waiting} onClick={onPress}>
        {waiting ? `Resend code in ${countdown(secondsLeft)}` : "Resend code"}
      </Button>
      {/* Screen readers announce the end of the countdown, not its seconds. */}
      <div role="status">
        {notice ? <p className={styles.notice}>{notice}</p> : null}
        {waiting ? null : <span className="visually-hidden">{words.resendReady}</span>}
      </div>
      <FaultLine>{fault}</FaultLine>
    </div>
  );
}
