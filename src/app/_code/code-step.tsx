import type { Route } from "next";
import type { ComponentProps, ReactNode } from "react";
import { CodeHelp } from "@/components/code-help";
import { CodeLead } from "@/components/code-lead";
import { CodeEntry } from "./code-entry";
import type { CodeShown } from "./code-shown";

type Props = CodeShown & {
  /** The two calls that `useCode` makes. */
  code: Pick<ComponentProps<typeof CodeEntry>, "verify" | "request">;
  /** The page where another address is asked for. */
  asking: Route;
  /** What else can be done, between the field and the help. */
  ways?: ReactNode;
  /** What else to know when no code arrives. */
  children: ReactNode;
};

/** A page that takes a code: where it went, the field, another code, and what to check when none arrives. */
export function CodeStep({ challenge, supportEmail, inbox, smsPaused, code, asking, ways, children }: Props) {
  const { accountType, receipt } = challenge;
  return (
    <>
      <CodeEntry
        receipt={receipt}
        {...code}
        lead={(secondsLeft) => <CodeLead receipt={receipt} secondsLeft={secondsLeft} accountType={accountType} />}
      />
      {ways}
      <CodeHelp
        channel={receipt.channel}
        supportEmail={supportEmail}
        inbox={inbox}
        smsPaused={smsPaused}
        otherAddress={asking}
      >
        {children}
      </CodeHelp>
    </>
  );
}
