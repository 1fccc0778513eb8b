import type { Metadata, Route } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { maskAddress } from "@/mask";
import { safeNext } from "@/trpc/safe-next";
import { caller, siteConfig } from "@/trpc/server";
import { codeUnderway } from "../_code/code-underway";
import { changeAt, changes } from "../account/changes";
import { StepUp } from "./step-up";

export const metadata: Metadata = { title: "Confirm that it is you" };

/** Asks for the missing proof, then leads back to the page before. */
export default async function StepUpPage({ searchParams }: PageProps<"/step-up">) {
  const params = await searchParams;
  const next = safeNext(params.next) ?? "/account";
  const api = await caller();
  const me = await api.account.me();
  // `safeNext` lets through only paths of ours. Whether a path is a page shows only when it is opened.
  if (!me) redirect(`/signin?next=${encodeURIComponent(next)}` as Route);
  const { accountType } = me;
  // `anew`: an admin renews both proofs before the day ends, even those still good.
  const missing = isAdminPage(next) && params.anew !== "yes" ? me.missingAdminProofs : me.missingProofs;
  if (missing.length === 0) redirect(next as Route);
  // An unproven address signs nobody in.
  const identifier = (me.emailVerified && me.email) || me.phoneNumber || "";
  const { challenge, smsPaused } = await codeUnderway("sign-in");
  const isOwn = challenge?.identifier === identifier && challenge.accountType === accountType;
  // An expired or used-up code does not count: the page offers the other ways at once.
  const works = isOwn && challenge.receipt.expiresInSeconds > 0 && challenge.receipt.attemptsRemaining > 0;
  const { appName, supportEmail, inbox } = siteConfig();
  const change = changeAt(next);
  return (
    <Frame appName={appName} aside={<Link href="/account">Back to your account</Link>}>
      <Lead title="Confirm that it is you">
        {change ? `You are about to ${changes[change]}.` : "Before you go on, we ask once more."}{" "}
        {me.role === "ADMIN" ? needsOfAdmin[missing.length === 2 ? "both" : (missing[0] ?? "code")] : null}
      </Lead>
      <StepUp
        identifier={identifier}
        accountType={accountType}
        missing={missing}
        needsAll={me.role === "ADMIN"}
        masked={maskAddress(identifier)}
        receipt={works ? challenge.receipt : null}
        next={next}
        supportEmail={supportEmail}
        inbox={inbox}
        smsPaused={smsPaused}
      />
    </Frame>
  );
}

/** A proof opens the admin pages for a day, and changes of the own account for ten minutes. */
const isAdminPage = (next: string) => /^\/admin([/?]|$)/.test(next);

/** An admin gives both proofs, one after the other. */
const needsOfAdmin = {
  both: "As an admin you enter your password first, then a code.",
  password: "As an admin you enter your password, too.",
  code: "As an admin you enter a code, too.",
};
