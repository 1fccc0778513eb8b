import Link from "next/link";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Field } from "@/components/ui/field";
import { sentence } from "@/components/words";
import { problemOf } from "@/trpc/problem";
import { textOf } from "../../../_form/form-data";
import { stepUpFrom } from "../../links";
import styles from "../users.module.css";

type Props = {
  /** Says what the action does. */
  about: ReactNode;
  /** The label of the submit button. */
  submit: string;
  busy: boolean;
  busyLabel: string;
  error: unknown;
  /** Why the action is refused, if the refusal names a field that this form does not have. */
  fault?: string | undefined;
  onSend: (reason: string) => void;
  onCancel: () => void;
};

/** Asks an admin for the reason of an action. */
export function ReasonForm({ about, submit, busy, busyLabel, error, fault, onSend, onCancel }: Props) {
  const problem = error ? problemOf(error) : null;
  return (
    <form
      noValidate
      className={styles.act}
      onSubmit={(event) => {
        event.preventDefault();
        onSend(textOf(new FormData(event.currentTarget), "reason"));
      }}
    >
      <p>{about}</p>
      <Field
        label="Reason"
        name="reason"
        autoComplete="off"
        // The form was opened to be filled in.
        autoFocus
        hint="It is written to the audit log, with your name."
        fault={problem?.fieldErrors.reason?.[0]}
      />
      <Button type="submit" busy={busy} busyLabel={busyLabel}>
        {submit}
      </Button>
      <Button look="quiet" onClick={onCancel}>
        Cancel
      </Button>
      <FaultLine>{fault ?? (problem && !problem.fieldErrors.reason ? sentence(problem) : undefined)}</FaultLine>
      {problem?.reason === "STEP_UP_REQUIRED" ? (
        <p>
          {/* In a tab of its own, so that the typed reason can be sent again. */}
          <Link href={stepUpFrom()} target="_blank">
            Prove that it is you, in a new tab
          </Link>
        </p>
      ) : null}
    </form>
  );
}
