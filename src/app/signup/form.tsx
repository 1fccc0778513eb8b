"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { AccountTypeSwitch } from "@/components/account-type-switch";
import { emptyFields } from "@/components/faults";
import { IdentifierField } from "@/components/identifier-field";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { AccountAddress } from "../_code/account-address";
import { isSameChallenge } from "../_code/same-address";
import { accountTypeOf, textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";
import styles from "./form.module.css";

type Props = {
  /** What this browser has asked for already. */
  challenge: AccountAddress | null;
  sms: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
};

const fields = ["identifier"];

/** Asks for the address and sends a code to it. */
export function SignUpForm({ challenge, sms, smsPaused }: Props) {
  const router = useRouter();
  const trpc = useTRPC();
  const request = useMutation(
    trpc.signUp.requestCode.mutationOptions({
      onSuccess: () => router.push("/signup/verify"),
      // Another tab of this browser may have asked.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && router.refresh(),
    }),
  );
  const refusal = useRefusal(request.error);
  const [faults, setFound] = useFaults(request.error, fields);
  const underway = refusal?.problem.reason === "COOLDOWN" && isSameChallenge(challenge, request.variables);
  // The first value: a refresh must not change a form that is about to be sent.
  const [asked] = useState(challenge);

  function send(data: FormData) {
    const identifier = textOf(data, "identifier").trim();
    const missing = emptyFields({ identifier: [identifier, words.identifierMissing] });
    setFound(missing);
    if (missing) return;
    return request.mutateAsync({ identifier, accountType: accountTypeOf(data) });
  }

  return (
    <Form send={send} faults={faults}>
      <IdentifierField
        defaultValue={asked?.identifier}
        sms={sms}
        smsPaused={smsPaused}
        fault={faults.fields.identifier}
      />
      <AccountTypeSwitch
        defaultValue={asked?.accountType}
        hint="A demo account keeps its own data. One address can have both."
      />
      <div>
        <Button type="submit" busy={request.isPending || request.isSuccess} busyLabel="Sending…">
          Send code
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
        {underway ? (
          <p className={styles.underway}>
            <Link href="/signup/verify">Enter the code you have</Link>
          </p>
        ) : null}
      </div>
    </Form>
  );
}
