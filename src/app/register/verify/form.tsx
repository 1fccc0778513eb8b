"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { words } from "@/components/words";
import { useTRPC, useTRPCClient } from "@/trpc/client";
import type { CodeShown } from "../../_code/code-shown";
import { CodeStep } from "../../_code/code-step";
import { useCode } from "../../_code/use-code";
import { useRefusal } from "../../_form/use-refusal";
import { LinkSent } from "../../_link/link-sent";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { useEnter } from "../../_session/use-enter";
import styles from "./form.module.css";

/** Takes the 8-digit code. The right one creates the account with the password chosen in this browser. */
export function VerifyForm(shown: CodeShown) {
  useRefreshOnReturn();
  const { identifier: email } = shown.challenge;
  const enter = useEnter();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const code = useCode({
    verify: (typed) => client.emailVerification.verifyCode.mutate({ email, code: typed }),
    request: () => client.emailVerification.requestCode.mutate({ email }),
    onVerified: ({ next }) => enter(next),
  });
  const link = useMutation(trpc.emailVerification.requestLink.mutationOptions());
  const [isOver, setOver] = useState(false);
  const refusal = useRefusal(link.error);
  const before = refusal?.problem.reason === "COOLDOWN" ? words.messageSent : undefined;
  const sendLink = useOneAtATime(() => {
    setOver(false);
    return link.mutateAsync({ email });
  });

  if (link.isSuccess && !isOver)
    return (
      <LinkSent to={email} inbox={shown.inbox} isPage onOther={() => setOver(true)}>
        If that address is not verified yet, a link is on its way. Open it in this browser, and you are signed in.
        Opened in another one it verifies the address, too, but you choose the password again. It works once, for 24
        hours.
      </LinkSent>
    );
  return (
    <CodeStep
      {...shown}
      code={code}
      asking="/register"
      ways={
        <div className={styles.link}>
          <Button look="quiet" busy={link.isPending} busyLabel="Sending…" onClick={sendLink}>
            Send a link instead
          </Button>
          <FaultLine>{refusal ? <Refusal {...refusal} before={before} /> : undefined}</FaultLine>
        </div>
      }
    >
      You can ask for a new code at any time. Once it comes, previous codes are no longer valid. If you already have an
      account, the message says so instead, and you can <Link href="/signin">sign in</Link>.
    </CodeStep>
  );
}
