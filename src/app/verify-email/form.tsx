"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { Lead } from "@/components/frame";
import { Outcome } from "@/components/outcome";
import { Refusal } from "@/components/refusal";
import { Button, ButtonLink } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { useRefusal } from "../_form/use-refusal";
import { useLinkToken } from "../_link/use-link-token";
import { useEnter } from "../_session/use-enter";

/** Redeems the link when the button is pressed. */
export function ConfirmForm({ token }: { token: string | null }) {
  const kept = useLinkToken(token);
  const enter = useEnter();
  const trpc = useTRPC();
  const confirm = useMutation(
    trpc.emailVerification.confirmLink.mutationOptions({
      onSuccess: ({ next }) => {
        // A browser that did not ask for the link is not signed in. This page says what to do then.
        if (next !== "signin") enter(next);
      },
    }),
  );
  const refusal = useRefusal(confirm.error);
  const press = useOneAtATime(() => confirm.mutateAsync({ token: kept ?? "" }));

  if (confirm.data?.next === "signin")
    return (
      <>
        <Outcome title="Your email is verified">
          The link was asked for in another browser, so nobody is signed in here, and a password chosen there was not
          kept. Sign in with a code, then choose a password.
        </Outcome>
        <ButtonLink href="/signin">Sign in</ButtonLink>
      </>
    );
  if (confirm.error !== null && problemOf(confirm.error).reason === "INVALID_TOKEN")
    return (
      <>
        <Outcome title="This link no longer works">
          It works once, for 24 hours. If you have used it already, <Link href="/signin">sign in</Link>.
        </Outcome>
        <ButtonLink href="/register">Ask for a new one</ButtonLink>
      </>
    );
  // A reload loses the token, but does not spend it.
  if (kept === null)
    return (
      <>
        <Lead title="Open the link again">Open it in the message once more. It works once, for 24 hours.</Lead>
        <ButtonLink href="/register">Ask for a new one</ButtonLink>
      </>
    );
  return (
    <>
      <Lead title="Verify your email">Confirm that this email is yours.</Lead>
      <Button busy={confirm.isPending || confirm.isSuccess} busyLabel="Verifying…" onClick={press}>
        Verify email
      </Button>
      <FaultLine>{refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
    </>
  );
}
