"use client";

import { useMutation } from "@tanstack/react-query";
import type { Route } from "next";
import { AccountType } from "@/components/account-type";
import { unfilled } from "@/components/faults";
import { IdentifierField } from "@/components/identifier-field";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { accountTypeOf, textOf } from "../form-data";
import { useEnter } from "../use-enter";
import { useFaults } from "../use-faults";

type Props = {
  /** The page of ours that one came from, if any. */
  next: string | null;
  accountType: "live" | "demo";
  sms: boolean;
};

const fields = ["identifier", "password"];

/** Signs in with address and password. */
export function SignInForm({ next, accountType, sms }: Props) {
  const enter = useEnter();
  const trpc = useTRPC();
  // What `safeNext` lets through is a path of ours; that it is a page cannot be known before one goes there.
  const account = (next ?? "/account") as Route;
  const signIn = useMutation(
    trpc.signIn.password.mutationOptions({ onSuccess: (earned) => enter(earned.next, account) }),
  );
  const [faults, setFound] = useFaults(signIn.error, fields);

  function send(data: FormData) {
    const identifier = textOf(data, "identifier").trim();
    const password = textOf(data, "password");
    const missing = unfilled({
      identifier: [identifier, words.identifierMissing],
      password: [password, words.passwordMissing],
    });
    setFound(missing);
    if (missing) return;
    return signIn.mutateAsync({ identifier, accountType: accountTypeOf(data), password });
  }

  return (
    <Form send={send} faults={faults}>
      <IdentifierField sms={sms} fault={faults.fields.identifier} />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        fault={faults.fields.password}
      />
      <AccountType defaultValue={accountType} />
      <div>
        <Button type="submit" busy={signIn.isPending || signIn.isSuccess} busyLabel="Signing in…">
          Sign in
        </Button>
        <FaultLine>{faults.whole}</FaultLine>
      </div>
    </Form>
  );
}
