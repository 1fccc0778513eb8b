import type { Metadata } from "next";
import Link from "next/link";
import { Frame, Lead } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { SignedIn } from "../_session/signed-in";
import { SignUpForm } from "./form";
import styles from "./form.module.css";

export const metadata: Metadata = { title: "Create your account" };

/** The first step: an address. Whoever comes back from the second one finds it kept. */
export default async function SignUpPage() {
  const api = await caller();
  const [challenge, { pausedUntil }] = await Promise.all([
    api.challenge.current({ purpose: "sign-up" }),
    api.status.textMessages(),
  ]);
  const { appName, sms } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <>
          Have an account? <Link href="/signin">Sign in</Link>
        </>
      }
    >
      <Lead title="Create your account">We send a short code to check the address.</Lead>
      <SignedIn />
      <SignUpForm challenge={challenge} sms={sms} smsPaused={pausedUntil !== null} />
      <p className={styles.other}>
        Or <Link href="/register">choose a password first</Link>.
      </p>
    </Frame>
  );
}
