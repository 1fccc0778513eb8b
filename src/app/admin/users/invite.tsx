"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Field } from "@/components/ui/field";
import { Fold } from "@/components/ui/fold";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { sentence } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { textOf } from "../../_form/form-data";
import styles from "./users.module.css";

/** Invites a person by mail. They prove the address and complete their profile. */
export function Invite() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [said, say] = useState("");
  const invite = useMutation(
    trpc.admin.users.invite.mutationOptions({
      onSuccess: async (_ok, { email }) => {
        say(`${email} is invited. The invitation stands for 7 days.`);
        await queries.invalidateQueries(trpc.admin.users.list.pathFilter());
      },
    }),
  );
  const problem = invite.error ? problemOf(invite.error) : null;
  const send = useOneAtATime((form: FormData) => {
    say("");
    return invite.mutateAsync({ email: textOf(form, "email"), reason: textOf(form, "reason") }).catch(() => {});
  });
  return (
    <Fold title="Invite somebody">
      <form
        noValidate
        className={styles.act}
        onSubmit={(event) => {
          event.preventDefault();
          void send(new FormData(event.currentTarget));
        }}
      >
        <Field
          label="Email to invite"
          name="email"
          type="email"
          autoComplete="off"
          fault={problem?.fieldErrors.email?.[0]}
        />
        <Field
          label="Reason"
          name="reason"
          autoComplete="off"
          hint="It is written to the audit log."
          fault={problem?.fieldErrors.reason?.[0]}
        />
        <Button type="submit" busy={invite.isPending} busyLabel="Inviting…">
          Send invitation
        </Button>
        <FaultLine>
          {problem && Object.keys(problem.fieldErrors).length === 0 ? sentence(problem) : undefined}
        </FaultLine>
      </form>
      <p role="status" className={styles.said}>
        {said}
      </p>
    </Fold>
  );
}
