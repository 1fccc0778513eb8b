import type { Metadata } from "next";
import Link from "next/link";
import { Frame, Lead } from "@/components/frame";
import { safeNext } from "@/trpc/safe-next";
import { caller, siteConfig } from "@/trpc/server";
import { accountTypeIn } from "../_page/paths";
import { SignedIn } from "../_session/signed-in";
import { SignInForm } from "./form";

export const metadata: Metadata = { title: "Sign in" };

/** The way in with a password. Messages to a demo account lead here with `?type=demo`. */
export default async function SignInPage({ searchParams }: PageProps<"/signin">) {
  const { next, type } = await searchParams;
  const api = await caller();
  const [challenge, { pausedUntil }] = await Promise.all([
    api.challenge.current({ purpose: "sign-in" }),
    api.status.textMessages(),
  ]);
  const { appName, sms } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <>
          New here? <Link href="/signup">Sign up</Link>
        </>
      }
    >
      <Lead title="Sign in">With your address and your password.</Lead>
      <SignedIn />
      <SignInForm
        next={safeNext(typeof next === "string" ? next : undefined)}
        accountType={accountTypeIn(type)}
        challenge={challenge}
        sms={sms}
        smsPaused={pausedUntil !== null}
      />
    </Frame>
  );
}
