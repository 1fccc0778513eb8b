import type { Route } from "next";
import { redirect } from "next/navigation";
import { cache } from "react";
import { codeTitle } from "@/components/code-lead";
import { caller, siteConfig } from "@/trpc/server";

type Purpose = "sign-up" | "sign-in" | "verification" | "password-reset";

const current = cache(async (purpose: Purpose) => (await caller()).challenge.current({ purpose }));

/** The title of a page that takes a code. It says where the code went. */
export async function codeMetadata(purpose: Purpose) {
  const challenge = await current(purpose);
  return { title: codeTitle[challenge?.receipt.channel ?? "email"] };
}

/** These two purposes prove an address. The page is done once the account with that proven address is signed in here. */
const isForProof = (purpose: Purpose) => purpose === "sign-up" || purpose === "verification";

/**
 * What a page that takes a code shows. It is read from this browser's challenge, so a reload loses nothing. Without a
 * challenge, or with nothing left to prove, it redirects.
 */
export async function codePage(purpose: Purpose, asking: Route) {
  const challenge = await current(purpose);
  if (!challenge || isForProof(purpose)) {
    const me = await (await caller()).account.me();
    if (!challenge) redirect(me ? "/account" : asking);
    const proven = [me?.emailVerified && me.email, me?.phoneVerified && me.phoneNumber];
    if (me?.accountType === challenge.accountType && proven.includes(challenge.identifier)) redirect("/account");
  }
  const { appName, supportEmail, inbox } = siteConfig();
  const { pausedUntil } = await (await caller()).status.textMessages();
  return { appName, shown: { challenge, supportEmail, inbox, smsPaused: pausedUntil !== null } };
}
