"use client";

import { useMutation } from "@tanstack/react-query";
import type { Route } from "next";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type MouseEvent, useState } from "react";
import { AccountTypeSwitch } from "@/components/account-type-switch";
import { emptyFields } from "@/components/faults";
import { IdentifierField } from "@/components/identifier-field";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
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
import { pathTo } from "../_page/paths";
import { useEnter } from "../_session/use-enter";
import styles from "./form.module.css";

type Props = {
  /** The page to go to afterwards, if any. */
  next: string | null;
  /** The kind of account that a link named. */
  accountType: AccountType | undefined;
  /** The code that this browser has asked for already. */
  challenge: AccountAddress | null;
  sms: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
};

const fields = ["identifier", "password"];

/** After this many wrong passwords the page explains the lockout. */
const HINT_AFTER = 3;

/** Signs in with an address and a password, or asks for a code. */
export function SignInForm({ next, accountType, challenge, sms, smsPaused }: Props) {
  const enter = useEnter();
  const router = useRouter();
  const trpc = useTRPC();
  const [wrong, setWrong] = useState(0);
  // After a reload only the open code still has the address.
  const [typed] = useState(() => readTyped() ?? challenge);
  const [type, setType] = useState(accountType ?? typed?.accountType ?? "live");
  // `safeNext` lets through only paths of ours. Whether a path is a page shows only when it is opened.
  const account = (next ?? "/account") as Route;
  const toCode = pathTo("/signin/verify", { next });
  const signIn = useMutation(
    trpc.signIn.password.mutationOptions({
      onSuccess: (earned) => enter(earned.next, account),
      onError: (error) => problemOf(error).reason === "INVALID_CREDENTIALS" && setWrong((count) => count + 1),
    }),
  );
  const request = useMutation(
    trpc.signIn.requestCode.mutationOptions({
      onSuccess: () => router.push(toCode),
      // Another tab of this browser may have asked.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && router.refresh(),
    }),
  );
  const last = request.submittedAt > signIn.submittedAt ? request.error : signIn.error;
  const refusal = useRefusal(last);
  const [faults, setFound] = useFaults(last, fields);
  const underway = refusal?.problem.reason === "COOLDOWN" && isSameChallenge(challenge, request.variables);

  function send(data: FormData) {
    keepTyped(data);
    const identifier = textOf(data, "identifier").trim();
    const password = textOf(data, "password");
    const byCode = textOf(data, "way") === "code";
    const missing = emptyFields({
      identifier: [identifier, words.identifierMissing],
      ...(!byCode && { password: [password, words.passwordMissing] }),
    });
    setFound(missing);
    if (missing) return;
    const whom = { identifier, accountType: accountTypeOf(data) };
    return byCode ? request.mutateAsync(whom) : signIn.mutateAsync({ ...whom, password });
  }
  const keep = ({ currentTarget }: MouseEvent) => {
    const form = currentTarget.closest("form");
    if (form) keepTyped(new FormData(form));
  };

  return (
    <Form send={send} faults={faults}>
      <IdentifierField
        defaultValue={typed?.identifier}
        sms={sms}
        smsPaused={smsPaused}
        pausedWords={words.smsPausedAtSignIn}
        fault={faults.fields.identifier}
      />
      <div>
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          fault={faults.fields.password}
        />
        <p className={styles.aside}>
          <Link href={pathTo("/forgot-password", { accountType: type })} onClick={keep}>
            Forgot password?
          </Link>
        </p>
      </div>
      <AccountTypeSwitch defaultValue={type} onChoose={setType} />
      <div className={styles.ways}>
        <Button type="submit" busy={signIn.isPending || signIn.isSuccess} busyLabel="Signing in…">
          Sign in
        </Button>
        <Button
          look="quiet"
          type="submit"
          name="way"
          value="code"
          busy={request.isPending || request.isSuccess}
          busyLabel="Sending…"
        >
          Send me a code
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
        {underway ? (
          <p className={styles.aside}>
            <Link href={toCode}>Enter the code you have</Link>
          </p>
        ) : null}
        {wrong >= HINT_AFTER ? <p className={styles.hint}>{words.lockHint}</p> : null}
      </div>
    </Form>
  );
}
