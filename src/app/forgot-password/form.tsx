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
import type { AccountType } from "@/db/owner";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { AccountAddress } from "../_code/account-address";
import { isSameChallenge } from "../_code/same-address";
import { keepTyped, readTyped } from "../_code/typed-address";
import { accountTypeOf, textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";
import { LinkSent } from "../_link/link-sent";
import styles from "../signin/form.module.css";

const fields = ["identifier"];

type Props = {
  /** The kind of account that a link named. */
  accountType: AccountType | undefined;
  /** The code that this browser has asked for already. */
  challenge: AccountAddress | null;
  sms: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
  inbox: boolean;
};

/** Sends a reset code or link to an address. The answer is the same with and without an account. */
export function ForgotForm({ accountType, challenge, sms, smsPaused, inbox }: Props) {
  const router = useRouter();
  const trpc = useTRPC();
  const request = useMutation(
    trpc.passwordReset.requestCode.mutationOptions({
      onSuccess: () => router.push("/forgot-password/verify"),
      // Another tab of this browser may have asked.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && router.refresh(),
    }),
  );
  const link = useMutation(trpc.passwordReset.requestLink.mutationOptions());
  const [isOver, setOver] = useState(false);
  // After a reload only the open code still has the address.
  const [kept] = useState(() => readTyped() ?? challenge);
  // After a link was sent, the form shows its address again.
  const typed = link.variables ? { ...link.variables, identifier: link.variables.email } : kept;
  const last = link.submittedAt > request.submittedAt ? link.error : request.error;
  const refusal = useRefusal(last);
  const [faults, setFound] = useFaults(last, fields);

  const isCooling = refusal?.problem.reason === "COOLDOWN";
  const before = isCooling && last === link.error ? words.messageSent : undefined;
  const underway = isCooling && last === request.error && isSameChallenge(challenge, request.variables);

  function send(data: FormData) {
    keepTyped(data);
    const identifier = textOf(data, "identifier").trim();
    const byLink = textOf(data, "way") === "link";
    const missing = emptyFields({ identifier: [identifier, words.identifierMissing] });
    const isNumber = byLink && !identifier.includes("@");
    const found = missing ?? (isNumber ? { fields: { identifier: words.linkNeedsEmail } } : null);
    setFound(found);
    if (found) return;
    if (!byLink) return request.mutateAsync({ identifier, accountType: accountTypeOf(data) });
    setOver(false);
    return link.mutateAsync({ email: identifier, accountType: accountTypeOf(data) });
  }

  if (link.isSuccess && !isOver)
    return (
      <LinkSent to={link.variables.email} inbox={inbox} onOther={() => setOver(true)}>
        If that address has an account, a link is on its way. It works once, for 15 minutes, in any browser. If one was
        under way already, it still works, and no second one is sent.
      </LinkSent>
    );
  return (
    <Form send={send} faults={faults}>
      <IdentifierField
        defaultValue={typed?.identifier}
        sms={sms}
        smsPaused={smsPaused}
        fault={faults.fields.identifier}
      />
      <AccountTypeSwitch defaultValue={link.variables?.accountType ?? accountType ?? typed?.accountType} />
      <div className={styles.ways}>
        <Button type="submit" busy={request.isPending || request.isSuccess} busyLabel="Sending…">
          Send reset code
        </Button>
        <Button look="quiet" type="submit" name="way" value="link" busy={link.isPending} busyLabel="Sending…">
          Send a link instead
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} before={before} /> : undefined}</FaultLine>
        {underway ? (
          <p className={styles.aside}>
            <Link href="/forgot-password/verify">Enter the code you have</Link>
          </p>
        ) : null}
      </div>
    </Form>
  );
}
