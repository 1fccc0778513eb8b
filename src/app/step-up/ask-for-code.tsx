import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { AccountAddress } from "../_code/account-address";
import { useRefusal } from "../_form/use-refusal";
import styles from "./ask-for-code.module.css";

type Props = {
  own: AccountAddress;
  /** The address, masked. */
  to: string;
  /** Whether the password form stands above. */
  isOther: boolean;
  /** Whether a code is open already. */
  hasCode: boolean;
  onAsked: () => void;
};

/** Sends a code to the person’s own address. The page then takes it. */
export function AskForCode({ own, to, isOther, hasCode, onAsked }: Props) {
  const router = useRouter();
  const [refreshing, startRefresh] = useTransition();
  const trpc = useTRPC();
  const show = () =>
    startRefresh(() => {
      onAsked();
      router.refresh();
    });
  const request = useMutation(
    trpc.signIn.requestCode.mutationOptions({
      onSuccess: show,
      // Another tab has asked in the meantime. The server knows that code.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && show(),
    }),
  );
  const refusal = useRefusal(request.error);
  const press = useOneAtATime(() => (hasCode ? onAsked() : request.mutateAsync(own)));
  return (
    <div className={isOther ? styles.other : undefined}>
      <Button
        look={isOther ? "quiet" : "action"}
        busy={request.isPending || refreshing}
        busyLabel="Sending…"
        onClick={press}
      >
        {hasCode ? "Enter the code we sent" : "Send me a code"}
      </Button>
      <p className={styles.to}>
        {hasCode ? "It went" : "It goes"} to <strong>{to}</strong>.
      </p>
      <FaultLine>{refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
    </div>
  );
}
