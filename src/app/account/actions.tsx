import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import styles from "./actions.module.css";

type Props = {
  /** The label of the submit button. */
  children: string;
  busy: boolean;
  busyLabel: string;
  onCancel: () => void;
  fault: ReactNode;
};

/** The submit and cancel buttons of an inline form. */
export function Actions({ children, busy, busyLabel, onCancel, fault }: Props) {
  return (
    <div>
      <div className={styles.actions}>
        <Button type="submit" busy={busy} busyLabel={busyLabel}>
          {children}
        </Button>
        <Button look="plain" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <FaultLine>{fault}</FaultLine>
    </div>
  );
}
