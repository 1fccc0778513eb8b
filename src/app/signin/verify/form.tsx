"use client";

import type { Route } from "next";
import Link from "next/link";
import { CodeHelp } from "@/components/code-help";
import { CodeLead } from "@/components/code-lead";
import { useTRPCClient } from "@/trpc/client";
import { CodeEntry } from "../../code-entry";
import type { CodeShown } from "../../code-shown";
import { useCode } from "../../use-code";
import { useEnter } from "../../use-enter";
import { useFresh } from "../../use-fresh";

/** Takes the code that was sent, and signs in. `account` is where one came from. */
export function VerifyForm({ challenge, supportEmail, inbox, account }: CodeShown & { account: Route }) {
  useFresh();
  const { identifier, accountType, receipt } = challenge;
  const enter = useEnter();
  const client = useTRPCClient();
  const code = useCode({
    verify: (typed) => client.signIn.verifyCode.mutate({ identifier, accountType, code: typed }),
    request: () => client.signIn.requestCode.mutate({ identifier, accountType }),
    onVerified: ({ next }) => enter(next, account),
  });
  return (
    <>
      <CodeEntry
        receipt={receipt}
        {...code}
        lead={(secondsLeft) => <CodeLead receipt={receipt} secondsLeft={secondsLeft} />}
      />
      <CodeHelp channel={receipt.channel} supportEmail={supportEmail} inbox={inbox} otherAddress="/signin">
        A code comes only to an address that has an account. Without one, <Link href="/signup">sign up</Link>; with a
        password, <Link href="/signin">sign in with it</Link>.
      </CodeHelp>
    </>
  );
}
