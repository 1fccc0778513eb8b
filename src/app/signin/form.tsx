"use client";

import { useMutation } from "@tanstack/react-query";
import type { Route } from "next";
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
import { PasswordField } from "@/components/ui/password-field";
import { useSingle } from "@/components/ui/use-single";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { accountTypeOf, textOf } from "../form-data";
import { useEnter } from "../use-enter";
import { useFaults } from "../use-faults";
import { useRefusal } from "../use-refusal";
import styles from "./form.module.css";

type Props = {
  /** The page of ours that one came from, if any. */
  next: string | null;
  accountType: "live" | "demo";
  sms: boolean;
};

const fields = ["identifier", "password"];

/** So many wrong passwords make it worth telling what comes of more. */
const HINT_AFTER = 3;

/** Signs in with address and password, or has a code sent. */
export function SignInForm({ next, accountType, sms }: Props) {
  const enter = useEnter();
  const router = useRouter();
  const trpc = useTRPC();
  const [wrong, setWrong] = useState(0);
  // What `safeNext` lets through is a path of ours; that it is a page cannot be known before one goes there.
  const account = (next ?? "/account") as Route;
  const toCode = () => router.push(`/signin/verify${next ? `?next=${encodeURIComponent(next)}` : ""}` as Route);
  const signIn = useMutation(
    trpc.signIn.password.mutationOptions({
      onSuccess: (earned) => enter(earned.next, account),
      onError: (error) => problemOf(error).reason === "INVALID_CREDENTIALS" && setWrong((count) => count + 1),
    }),
  );
  const request = useMutation(
    trpc.signIn.requestCode.mutationOptions({
      onSuccess: toCode,
      // A code is under way: the page that takes it knows for how long.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && router.prefetch("/signin/verify"),
    }),
  );
  const last = request.submittedAt > signIn.submittedAt ? request.error : signIn.error;
  const refusal = useRefusal(last);
  const [faults, setFound] = useFaults(refusal && last, fields);

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

  const sendCode = useSingle((data: FormData) => {
    const identifier = textOf(data, "identifier").trim();
    const missing = unfilled({ identifier: [identifier, words.identifierMissing] });
    setFound(missing);
    if (missing) return;
    return request.mutateAsync({ identifier, accountType: accountTypeOf(data) });
  });
  const askForCode = ({ currentTarget: { form } }: MouseEvent<HTMLButtonElement>) => {
    if (form) void sendCode(new FormData(form));
  };

  return (
    <Form send={send} faults={faults}>
      <IdentifierField sms={sms} fault={faults.fields.identifier} />
      <div>
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          fault={faults.fields.password}
        />
        <p className={styles.aside}>
          <Link href={accountType === "demo" ? "/forgot-password?type=demo" : "/forgot-password"}>
            Forgot password?
          </Link>
        </p>
      </div>
      <AccountType defaultValue={accountType} />
      <div className={styles.ways}>
        <Button type="submit" busy={signIn.isPending || signIn.isSuccess} busyLabel="Signing in…">
          Sign in
        </Button>
        <Button look="quiet" busy={request.isPending || request.isSuccess} busyLabel="Sending…" onClick={askForCode}>
          Send me a code
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
        {refusal?.problem.reason === "COOLDOWN" ? (
          <p className={styles.aside}>
            <Link href="/signin/verify">Enter the code you have</Link>
          </p>
        ) : null}
        {wrong >= HINT_AFTER ? <p className={styles.hint}>{words.lockHint}</p> : null}
      </div>
    </Form>
  );
}
