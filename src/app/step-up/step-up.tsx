"use client";

import type { Route } from "next";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Receipt } from "@/components/code-lead";
import type { AccountAddress } from "../_code/account-address";
import { useRefreshOnReturn } from "../_page/use-refresh-on-return";
import { useEnter } from "../_session/use-enter";
import { AskForCode } from "./ask-for-code";
import { CodeProof } from "./code-proof";
import { PasswordProof } from "./password-proof";

/** The person’s own proven address, and what is asked of it. */
type Props = AccountAddress & {
  /** The identifier, masked: others may see the screen. */
  masked: string;
  missing: ("password" | "code")[];
  /** Whether all missing proofs are needed. Otherwise one is enough. */
  needsAll: boolean;
  /** The open code, if any. */
  receipt: Receipt | null;
  /** The page to go back to. */
  next: string;
  supportEmail: string | null;
  inbox: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
};

/** Takes the missing proof: a password or a code. An admin gives both, one after the other. */
export function StepUp({ missing, needsAll, receipt, masked, next, supportEmail, inbox, smsPaused, ...own }: Props) {
  useRefreshOnReturn();
  const router = useRouter();
  const enter = useEnter();
  const asksPassword = missing.includes("password");
  const asksCode = missing.includes("code") && !(needsAll && asksPassword);
  const [prefersPassword, preferPassword] = useState(false);

  function onProven() {
    // The server knows what is left to prove.
    if (needsAll && missing.length > 1) router.refresh();
    // `safeNext` has checked that it is a path of ours.
    else enter("account", next as Route);
  }

  if (asksCode && receipt && !(asksPassword && prefersPassword))
    return (
      <CodeProof
        own={own}
        receipt={receipt}
        supportEmail={supportEmail}
        inbox={inbox}
        smsPaused={smsPaused}
        onPassword={asksPassword ? () => preferPassword(true) : null}
        onProven={onProven}
      />
    );
  return (
    <>
      {asksPassword ? <PasswordProof own={own} onProven={onProven} /> : null}
      {asksCode ? (
        <AskForCode
          own={own}
          to={masked}
          isOther={asksPassword}
          hasCode={receipt !== null}
          onAsked={() => preferPassword(false)}
        />
      ) : null}
    </>
  );
}
