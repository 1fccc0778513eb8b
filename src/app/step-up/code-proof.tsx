import { CodeHelp } from "@/components/code-help";
import type { Receipt } from "@/components/code-lead";
import { Button } from "@/components/ui/button";
import { words } from "@/components/words";
import { useTRPCClient } from "@/trpc/client";
import type { AccountAddress } from "../_code/account-address";
import { CodeEntry } from "../_code/code-entry";
import { useCode } from "../_code/use-code";
import styles from "./code-proof.module.css";

type Props = {
  own: AccountAddress;
  receipt: Receipt;
  supportEmail: string | null;
  inbox: boolean;
  smsPaused: boolean;
  /** Asks for the password instead; null where only a code will do. */
  onPassword: (() => void) | null;
  onProven: () => void;
};

/** Takes the code that went to the person’s own address. */
export function CodeProof({ own, receipt, supportEmail, inbox, smsPaused, onPassword, onProven }: Props) {
  const client = useTRPCClient();
  const code = useCode({
    verify: (typed) => client.signIn.verifyCode.mutate({ ...own, code: typed }),
    request: () => client.signIn.requestCode.mutate(own),
    onVerified: onProven,
  });
  return (
    <>
      <CodeEntry
        receipt={receipt}
        {...code}
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
