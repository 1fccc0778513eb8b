"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { CodeForm } from "@/components/code-form";
import { CodeHelp } from "@/components/code-help";
import { CodeLead, type Receipt } from "@/components/code-lead";
import { NoTries } from "@/components/no-tries";
import { ResendButton } from "@/components/resend-button";
import { useElapsed } from "@/components/use-elapsed";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { useEnter } from "../../use-enter";
import { useFaults } from "../../use-faults";
import { useFresh } from "../../use-fresh";
import { useResend } from "./use-resend";

type Props = {
  challenge: { identifier: string; accountType: "live" | "demo"; receipt: Receipt };
  supportEmail: string | null;
  inbox: boolean;
};

const fields = ["code"];

/** Takes the code that was sent, and goes on with what it proves. */
export function VerifyForm({ challenge, supportEmail, inbox }: Props) {
  useFresh();
  const { identifier, accountType, receipt } = challenge;
  const elapsed = useElapsed(receipt);
  const enter = useEnter();
  const trpc = useTRPC();
  const verify = useMutation(trpc.signUp.verifyCode.mutationOptions({ onSuccess: ({ next }) => enter(next) }));
  const [faults, setFound] = useFaults(verify.error, fields);

  const triesLeft = (verify.error && problemOf(verify.error).attemptsRemaining) ?? receipt.attemptsRemaining;
  const secondsLeft = triesLeft > 0 ? receipt.expiresInSeconds - elapsed : 0;
  const resend = useResend({
    identifier,
    accountType,
    secondsLeft: Math.max(0, receipt.resendInSeconds - elapsed),
    works: secondsLeft > 0,
    triedAt: verify.submittedAt,
    onSent: () => {
      verify.reset();
      setFound(null);
    },
  });

  function send(code: string) {
    setFound(null);
    return verify.mutateAsync({ identifier, accountType, code });
  }

  return (
    <>
      <CodeLead receipt={receipt} secondsLeft={secondsLeft} />
      <CodeForm
        length={receipt.codeLength}
        send={send}
        busy={verify.isPending || verify.isSuccess}
        faults={faults}
        known={triesLeft > 0 ? undefined : <NoTries waitSeconds={resend.secondsLeft} />}
        setFound={setFound}
      />
      <ResendButton {...resend} />
      <CodeHelp channel={receipt.channel} supportEmail={supportEmail} inbox={inbox} otherAddress="/signup">
        If you already have an account, the message says so instead, and you can <Link href="/signin">sign in</Link>.
      </CodeHelp>
    </>
  );
}
