import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { CodeForm } from "@/components/code-form";
import type { Receipt } from "@/components/code-lead";
import { NoTries } from "@/components/no-tries";
import { Refusal } from "@/components/refusal";
import { ResendButton } from "@/components/resend-button";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { useSecondsSince } from "@/components/use-seconds-since";
import { words } from "@/components/words";
import { problemOf } from "@/trpc/problem";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";

type Props = {
  receipt: Receipt;
  /** Checks the code. Its error is null if it leads to another page. */
  verify: Pick<
    UseMutationResult<unknown, unknown, string>,
    "mutateAsync" | "isPending" | "isSuccess" | "submittedAt"
  > & {
    error: unknown;
    reset: () => void;
  };
  /** Asks for another code. The new receipt comes from the server. */
  request: Pick<
    UseMutationResult<unknown, unknown, void>,
    "mutateAsync" | "isPending" | "isSuccess" | "submittedAt"
  > & {
    error: unknown;
  };
  /** Says where the code went and how long it works. */
  lead: (secondsLeft: number) => ReactNode;
};

const fields = ["code"];

/** Takes a code, and asks for another one after the wait. */
export function CodeEntry({ receipt, verify, request, lead }: Props) {
  const elapsed = useSecondsSince(receipt);
  const [faults, setFound] = useFaults(verify.error, fields);
  const unchecked = useRefusal(verify.error);
  const triesLeft = (verify.error ? problemOf(verify.error).attemptsRemaining : undefined) ?? receipt.attemptsRemaining;
  const secondsLeft = triesLeft > 0 ? Math.max(0, receipt.expiresInSeconds - elapsed) : 0;

  const again = useOneAtATime(async () => {
    await request.mutateAsync();
    verify.reset();
    setFound(null);
  });
  const refusal = useRefusal(request.error);
  // The receipt has the wait after the last code, the refusal the wait of the hourly cap.
  const waitSeconds = Math.max(0, receipt.resendInSeconds - elapsed, refusal?.secondsLeft ?? 0);
  const isNews = verify.submittedAt <= request.submittedAt;
  const before = refusal?.problem.reason === "RATE_LIMITED" ? words.lastCode(secondsLeft > 0) : undefined;

  function send(code: string) {
    setFound(null);
    return verify.mutateAsync(code);
  }

  return (
    <>
      {lead(secondsLeft)}
      <CodeForm
        length={receipt.codeLength}
        sms={receipt.channel === "sms"}
        send={send}
        busy={verify.isPending || verify.isSuccess}
        faults={faults}
        whole={faults.whole && unchecked ? <Refusal {...unchecked} /> : faults.whole}
        known={triesLeft > 0 ? undefined : <NoTries waitSeconds={waitSeconds} />}
        setFound={setFound}
      />
      <ResendButton
        secondsLeft={waitSeconds}
        busy={request.isPending}
        onPress={again}
        notice={isNews && request.isSuccess ? words.resent : undefined}
        fault={isNews && refusal ? <Refusal {...refusal} before={before} /> : undefined}
      />
    </>
  );
}
