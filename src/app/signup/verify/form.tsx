"use client";

import { useMutation } from "@tanstack/react-query";
import { CodeForm } from "@/components/code-form";
import { CodeHelp } from "@/components/code-help";
import { CodeLead, type Receipt } from "@/components/code-lead";
import { useElapsed } from "@/components/use-elapsed";
import { useTRPC } from "@/trpc/client";
import { useEnter } from "../../use-enter";
import { useFaults } from "../../use-faults";
import { useFresh } from "../../use-fresh";
import { Resend } from "./resend";

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

  function send(code: string) {
    setFound(null);
    return verify.mutateAsync({ identifier, accountType, code });
  }

  return (
    <>
      <CodeLead receipt={receipt} secondsLeft={receipt.expiresInSeconds - elapsed} />
      <CodeForm
        length={receipt.codeLength}
        send={send}
        busy={verify.isPending || verify.isSuccess}
        faults={faults}
        setFound={setFound}
      />
      <Resend
        identifier={identifier}
        accountType={accountType}
        secondsLeft={Math.max(0, receipt.resendInSeconds - elapsed)}
        onSent={verify.reset}
      />
      <CodeHelp channel={receipt.channel} supportEmail={supportEmail} inbox={inbox} otherAddress="/signup" />
    </>
  );
}
