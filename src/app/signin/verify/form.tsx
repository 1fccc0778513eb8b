"use client";

import type { Route } from "next";
import Link from "next/link";
import { words } from "@/components/words";
import { useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { CodeShown } from "../../_code/code-shown";
import { CodeStep } from "../../_code/code-step";
import { useCode } from "../../_code/use-code";
import { pathTo } from "../../_page/paths";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { useEnter } from "../../_session/use-enter";
import styles from "../form.module.css";

/** Takes the sign-in code. `next` is the page to go to afterwards. */
export function VerifyForm({ next: from, ...shown }: CodeShown & { next: string | null }) {
  useRefreshOnReturn();
  const { identifier, accountType } = shown.challenge;
  const enter = useEnter();
  const client = useTRPCClient();
  const asking = pathTo("/signin", { next: from, accountType });
  const code = useCode({
    verify: (typed) => client.signIn.verifyCode.mutate({ identifier, accountType, code: typed }),
    request: () => client.signIn.requestCode.mutate({ identifier, accountType }),
    // `safeNext` lets through only paths of ours. Whether a path is a page shows only when it is opened.
    onVerified: ({ next }) => enter(next, (from ?? "/account") as Route),
  });
  // While an address is locked, the right code is refused like a wrong one: another answer would reveal that it is right.
  const isRefused = code.verify.error !== null && problemOf(code.verify.error).reason === "INVALID_CODE";
  return (
    <CodeStep
      {...shown}
      code={code}
      asking={asking}
      ways={
        isRefused ? (
          <p className={styles.hint}>
            {words.lockHint} <Link href={pathTo("/forgot-password", { accountType })}>Ask for one</Link>
          </p>
        ) : null
      }
    >
      A code comes only to an address that has an account. Without one, <Link href="/signup">sign up</Link>; with a
      password, <Link href={asking}>sign in with it</Link>.
    </CodeStep>
  );
}
