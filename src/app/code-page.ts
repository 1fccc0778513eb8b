import type { Route } from "next";
import { redirect } from "next/navigation";
import { cache } from "react";
import { codeTitle } from "@/components/code-lead";
import { caller, siteConfig } from "@/trpc/server";

type Purpose = "sign-up" | "sign-in" | "verification" | "password-reset";

const current = cache(async (purpose: Purpose) => (await caller()).challenge.current({ purpose }));

/** The title of a page that takes a code says where the code went. */
export async function codeMetadata(purpose: Purpose) {
  const challenge = await current(purpose);
  return { title: codeTitle[challenge?.receipt.channel ?? "email"] };
}

/**
 * What a page that takes a code shows. It is read from this browser's own challenge, so a reload loses nothing; without
 * one the way leads back to asking.
 */
export async function codePage(purpose: Purpose, asking: Route) {
  const challenge = await current(purpose);
  if (!challenge) {
    const api = await caller();
    redirect((await api.account.me()) ? "/account" : asking);
  }
  const { appName, supportEmail, inbox } = siteConfig();
  return { appName, shown: { challenge, supportEmail, inbox } };
}
