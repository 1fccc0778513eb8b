"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useSyncExternalStore } from "react";
import { emptyFields } from "@/components/faults";
import { Lead } from "@/components/frame";
import { Outcome } from "@/components/outcome";
import { Refusal } from "@/components/refusal";
import { Button, ButtonLink } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";
import { useLinkToken } from "../_link/use-link-token";
import { pathTo } from "../_page/paths";
import { forgetReset, readReset } from "./earned-reset";

const fields = ["password"];
const never = () => () => {};

/** Takes the new password. A refused one does not spend the token. */
export function ResetForm({ token, passwordMinLength }: { token: string | null; passwordMinLength: number }) {
  const byLink = useLinkToken(token);
  const byCode = useSyncExternalStore(never, readReset, () => null);
  const trpc = useTRPC();
  const reset = useMutation(trpc.passwordReset.reset.mutationOptions({ onSuccess: forgetReset }));
  const [faults, setFound] = useFaults(reset.error, fields);
  const refusal = useRefusal(reset.error);

  function send(data: FormData) {
    const newPassword = textOf(data, "password");
    const missing = emptyFields({ password: [newPassword, words.newPasswordMissing] });
    setFound(missing);
    if (missing) return;
    return byLink === null && byCode
      ? reset.mutateAsync({ ...byCode, newPassword })
      : reset.mutateAsync({ resetToken: byLink ?? "", newPassword });
  }

  if (reset.isSuccess)
    return (
      <>
        <Outcome title="Your password is set">You were signed out everywhere. Sign in with the new password.</Outcome>
        <ButtonLink href={pathTo("/signin", reset.data)}>Sign in</ButtonLink>
      </>
    );
  if (byLink === null && byCode === null)
    return (
      <>
        <Lead title="Ask for a code first">
          A new password needs a code or a link. What you had does not outlive a reload of this page.
        </Lead>
        <ButtonLink href="/forgot-password">Ask for a code</ButtonLink>
      </>
    );
  const isSpent = reset.error !== null && problemOf(reset.error).reason === "INVALID_TOKEN";
  return (
    <>
      <Lead title="Choose a new password">You’ll be signed out everywhere and get a message.</Lead>
      <Form send={send} faults={faults}>
        {/* Tells password managers whose password it is. */}
        {byCode ? <input hidden readOnly name="identifier" autoComplete="username" value={byCode.identifier} /> : null}
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          autoFocus
          required
          hint={words.passwordHint(passwordMinLength)}
          fault={faults.fields.password}
        />
        <div>
          <Button type="submit" busy={reset.isPending} busyLabel="Saving…">
            Reset password
          </Button>
          <FaultLine>
            {faults.whole && refusal ? (
              <>
                <Refusal {...refusal} /> {isSpent ? <Link href="/forgot-password">Ask again</Link> : null}
              </>
            ) : undefined}
          </FaultLine>
        </div>
      </Form>
    </>
  );
}
