"use client";

import Link from "next/link";
import { useTRPCClient } from "@/trpc/client";
import type { CodeShown } from "../../_code/code-shown";
import { CodeStep } from "../../_code/code-step";
import { useCode } from "../../_code/use-code";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { useEnter } from "../../_session/use-enter";

/** Takes the sign-up code. */
export function VerifyForm(shown: CodeShown) {
  useRefreshOnReturn();
  const { identifier, accountType, receipt } = shown.challenge;
  const enter = useEnter();
  const client = useTRPCClient();
  const code = useCode({
    verify: (typed) => client.signUp.verifyCode.mutate({ identifier, accountType, code: typed }),
    request: () => client.signUp.requestCode.mutate({ identifier, accountType }),
    onVerified: ({ next }) => enter(next),
  });
  return (
    <CodeStep {...shown} code={code} asking="/signup">
      If you already have an account, the message says so instead, and you can <Link href="/signin">sign in</Link>.
      {receipt.channel === "email" ? (
        <>
          {" "}
          Or <Link href="/register">choose a password first</Link>, and verify the address by a link.
        </>
      ) : (
        " Or sign up with your email address."
      )}
    </CodeStep>
  );
}
