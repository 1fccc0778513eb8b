import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { CodeHelp } from "@/components/code-help";
import type { Receipt } from "@/components/code-lead";
import { Button } from "@/components/ui/button";
import { words } from "@/components/words";
import { useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { CodeEntry } from "../code-entry";
import styles from "./code-proof.module.css";
import type { Own } from "./step-up";

type Props = {
  own: Own;
  receipt: Receipt;
  supportEmail: string | null;
  inbox: boolean;
  smsPaused: boolean;
  /** Asks for the password instead; null where that would not do. */
  onPassword: (() => void) | null;
  onProven: () => void;
};

/** Takes the code that went to one’s own address. */
export function CodeProof({ own, receipt, supportEmail, inbox, smsPaused, onPassword, onProven }: Props) {
  const router = useRouter();
  const [refreshing, startRefresh] = useTransition();
  const client = useTRPCClient();
  const recount = () => startRefresh(() => router.refresh());
  const verify = useMutation({
    mutationFn: (code: string) => client.signIn.verifyCode.mutate({ ...own, code }),
    onSuccess: onProven,
  });
  const request = useMutation({
    mutationFn: () => client.signIn.requestCode.mutate(own),
    onSuccess: recount,
    // Another tab has asked meanwhile.
    onError: (error) => problemOf(error).reason === "COOLDOWN" && recount(),
  });
  return (
    <>
      <CodeEntry
        receipt={receipt}
        verify={verify}
        request={{ ...request, isPending: request.isPending || refreshing }}
        lead={(secondsLeft) => (
          <p className={styles.lead}>
            Enter the {receipt.codeLength}-digit code we sent to <strong>{receipt.to}</strong>.{" "}
            {words.codeLife(secondsLeft)}
          </p>
        )}
      />
      {onPassword ? (
        <p className={styles.instead}>
          <Button look="plain" onClick={onPassword}>
            Use your password instead
          </Button>
        </p>
      ) : null}
      <CodeHelp channel={receipt.channel} supportEmail={supportEmail} inbox={inbox} smsPaused={smsPaused} />
    </>
  );
}
