import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { cache } from "react";
import { codeTitle } from "@/components/code-lead";
import { Frame } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { VerifyForm } from "./form";

const currentChallenge = cache(async () => (await caller()).challenge.current({ purpose: "sign-up" }));

/** The title says where the code went. */
export async function generateMetadata(): Promise<Metadata> {
  const challenge = await currentChallenge();
  return { title: codeTitle[challenge?.receipt.channel ?? "email"] };
}

/** The second step: the code. What was asked for is read from the challenge, so a reload loses nothing. */
export default async function VerifyPage() {
  const challenge = await currentChallenge();
  if (!challenge) {
    const api = await caller();
    redirect((await api.account.me()) ? "/account" : "/signup");
  }
  const { appName, supportEmail, inbox } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <>
          Have an account? <Link href="/signin">Sign in</Link>
        </>
      }
    >
      <VerifyForm challenge={challenge} supportEmail={supportEmail} inbox={inbox} />
    </Frame>
  );
}
