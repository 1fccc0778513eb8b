"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { AccountType } from "@/components/account-type";
import { unfilled } from "@/components/faults";
import { IdentifierField } from "@/components/identifier-field";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { accountTypeOf, textOf } from "../form-data";
import { useFaults } from "../use-faults";
import styles from "./form.module.css";

const fields = ["identifier"];

/** Asks for the address and sends a code to it. */
export function SignUpForm() {
  const router = useRouter();
  const trpc = useTRPC();
  const request = useMutation(
    trpc.signUp.requestCode.mutationOptions({ onSuccess: () => router.push("/signup/verify") }),
  );
  const [faults, setFound] = useFaults(request.error, fields);

  // Most likely this browser itself has asked, and came back here.
  const underway = request.error !== null && problemOf(request.error).reason === "COOLDOWN";

  function send(data: FormData) {
    const identifier = textOf(data, "identifier").trim();
    const missing = unfilled({ identifier: [identifier, words.identifierMissing] });
    setFound(missing);
    if (missing) return;
    return request.mutateAsync({ identifier, accountType: accountTypeOf(data) });
  }

  return (
    <Form send={send} faults={faults}>
      <IdentifierField fault={faults.fields.identifier} />
      <AccountType hint="A demo account keeps its own data. One address can have both." />
      <div>
        <Button type="submit" busy={request.isPending || request.isSuccess} busyLabel="Sending…">
          Send code
        </Button>
        <FaultLine>{faults.whole}</FaultLine>
        {underway ? (
          <p className={styles.underway}>
            <Link href="/signup/verify">Enter the code you have</Link>
          </p>
        ) : null}
      </div>
    </Form>
  );
}
