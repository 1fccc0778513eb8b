"use client";

import Link from "next/link";
import { CodeHelp } from "@/components/code-help";
import { CodeLead } from "@/components/code-lead";
import { useTRPCClient } from "@/trpc/client";
import { CodeEntry } from "../../_code/code-entry";
import type { CodeShown } from "../../_code/code-shown";
import { useCode } from "../../_code/use-code";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { useEnter } from "../../_session/use-enter";

/** Takes the code that was sent, and goes on with what it proves. */
export function VerifyForm({ challenge, supportEmail, inbox, smsPaused }: CodeShown) {
  useRefreshOnReturn();
  const { identifier, accountType, receipt } = challenge;
  const enter = useEnter();
  const client = useTRPCClient();
  const code = useCode({
    verify: (typed) => client.signUp.verifyCode.mutate({ identifier, accountType, code: typed }),
    request: () => client.signUp.requestCode.mutate({ identifier, accountType }),
    onVerified: ({ next }) => enter(next),
  });
  return (
    <>
      <CodeEntry
        receipt={receipt}
        {...code}
        lead={(secondsLeft) => <CodeLead receipt={receipt} secondsLeft={secondsLeft} accountType={accountType} />}
      />
      <CodeHelp
        channel={receipt.channel}
        supportEmail={supportEmail}
        inbox={inbox}
        smsPaused={smsPaused}
        otherAddress="/signup"
      >
        If you already have an account, the message says so instead, and you can <Link href="/signin">sign in</Link>.
        {receipt.channel === "email" ? (
          <>
            {" "}
            Or <Link href="/register">choose a password first</Link>, and verify the address by a link.
          </>
        ) : (
          " Or sign up with your email address."
        )}
      </CodeHelp>
    </>
  );
}
