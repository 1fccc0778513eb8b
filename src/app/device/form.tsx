"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { Lead } from "@/components/frame";
import { Outcome } from "@/components/outcome";
import { Refusal } from "@/components/refusal";
import { Button, ButtonLink } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import type { AccountType } from "@/db/owner";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { useRefusal } from "../_form/use-refusal";
import { useLinkToken } from "../_link/use-link-token";
import { pathTo } from "../_page/paths";

/** Makes this browser a known device of the account when the button is pressed, and leads to sign-in. */
export function DeviceForm({ token, accountType }: { token: string | null; accountType: AccountType | undefined }) {
  const kept = useLinkToken(token);
  const trpc = useTRPC();
  const redeem = useMutation(trpc.signIn.redeemDeviceLink.mutationOptions());
  const refusal = useRefusal(redeem.error);
  const press = useOneAtATime(() => redeem.mutateAsync({ token: kept ?? "" }));
  const toSignIn = pathTo("/signin", { accountType });

  if (redeem.isSuccess)
    return (
      <>
        <Outcome title="You can use this browser">
          Wrong tries by others no longer keep you out here. You’re not signed in yet.
        </Outcome>
        <ButtonLink href={toSignIn}>Sign in</ButtonLink>
      </>
    );
  if (redeem.error !== null && problemOf(redeem.error).reason === "INVALID_TOKEN")
    return (
      <>
        <Outcome title="This link no longer works">
          It works once, for 24 hours. If you have used it in this browser, sign in here. If not, wait 15 minutes and
          sign in with your password, or{" "}
          <Link href={pathTo("/forgot-password", { accountType })}>have a reset link sent</Link>.
        </Outcome>
        <ButtonLink href={toSignIn}>Sign in</ButtonLink>
      </>
    );
  // A reload loses the token, but does not spend it.
  if (kept === null)
    return <Lead title="Open the link again">Open it in the message once more. It works once, for 24 hours.</Lead>;
  return (
    <>
      <Lead title="Use this browser">
        Press the button if this browser is yours. Then wrong tries by others no longer keep you out here. It doesn’t
        sign you in.
      </Lead>
      <Button busy={redeem.isPending} busyLabel="One moment…" onClick={press}>
        Use this browser
      </Button>
      <FaultLine>{refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
    </>
  );
}
