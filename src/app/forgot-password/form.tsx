"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type MouseEvent, useState } from "react";
import { AccountType } from "@/components/account-type";
import { unfilled } from "@/components/faults";
import { IdentifierField } from "@/components/identifier-field";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { useSingle } from "@/components/ui/use-single";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { accountTypeOf, textOf } from "../form-data";
import { LinkSent } from "../link-sent";
import styles from "../signin/form.module.css";
import { useFaults } from "../use-faults";
import { useRefusal } from "../use-refusal";

const fields = ["identifier"];

/** Asks for the address, and sends a reset code or link to it: the same whether or not there is an account. */
export function ForgotForm({
  accountType,
  sms,
  inbox,
}: {
  accountType: "live" | "demo";
  sms: boolean;
  inbox: boolean;
}) {
  const router = useRouter();
  const trpc = useTRPC();
  const request = useMutation(
    trpc.passwordReset.requestCode.mutationOptions({ onSuccess: () => router.push("/forgot-password/verify") }),
  );
  const link = useMutation(trpc.passwordReset.requestLink.mutationOptions());
  const [isOver, setOver] = useState(false);
  const last = link.submittedAt > request.submittedAt ? link.error : request.error;
  const refusal = useRefusal(last);
  const [faults, setFound] = useFaults(refusal && last, fields);

  function send(data: FormData) {
    const identifier = textOf(data, "identifier").trim();
    const missing = unfilled({ identifier: [identifier, words.identifierMissing] });
    setFound(missing);
    if (missing) return;
    return request.mutateAsync({ identifier, accountType: accountTypeOf(data) });
  }

  const sendLink = useSingle((data: FormData) => {
    const email = textOf(data, "identifier").trim();
    const missing = unfilled({ identifier: [email, words.identifierMissing] });
    const found = missing ?? (email.includes("@") ? null : { fields: { identifier: words.linkNeedsEmail } });
    setFound(found);
    if (found) return;
    setOver(false);
    return link.mutateAsync({ email, accountType: accountTypeOf(data) });
  });
  const askForLink = ({ currentTarget: { form } }: MouseEvent<HTMLButtonElement>) => {
    if (form) void sendLink(new FormData(form));
  };

  if (link.isSuccess && !isOver)
    return (
      <LinkSent to={link.variables.email} inbox={inbox} onOther={() => setOver(true)}>
        If that address has an account, a link is on its way. It works once, for 15 minutes, in any browser.
      </LinkSent>
    );
  return (
    <Form send={send} faults={faults}>
      <IdentifierField sms={sms} fault={faults.fields.identifier} />
      <AccountType defaultValue={accountType} />
      <div className={styles.ways}>
        <Button type="submit" busy={request.isPending || request.isSuccess} busyLabel="Sending…">
          Send reset code
        </Button>
        <Button look="quiet" busy={link.isPending} busyLabel="Sending…" onClick={askForLink}>
          Send a link instead
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
        {refusal?.problem.reason === "COOLDOWN" && last === request.error ? (
          <p className={styles.aside}>
            <Link href="/forgot-password/verify">Enter the code you have</Link>
          </p>
        ) : null}
      </div>
    </Form>
  );
}
