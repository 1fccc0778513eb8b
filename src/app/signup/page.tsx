import type { Metadata } from "next";
import Link from "next/link";
import { Frame, Lead } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { siteConfig } from "@/trpc/server";
import { codeUnderway } from "../_code/code-underway";
import { SignedIn } from "../_session/signed-in";
import { SignUpForm } from "./form";
import styles from "./form.module.css";

export const metadata: Metadata = { title: "Create your account" };

/** The first step of sign-up: an address. It is kept for people who come back from the second step. */
export default async function SignUpPage() {
  const { challenge, smsPaused } = await codeUnderway("sign-up");
  const { appName, sms } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="Have an account?" href="/signin">
          Sign in
        </OtherWay>
      }
    >
      <Lead title="Create your account">We send a short code to check the address.</Lead>
      <SignedIn />
      <SignUpForm challenge={challenge} sms={sms} smsPaused={smsPaused} />
      <p className={styles.other}>
        Or <Link href="/register">choose a password first</Link>.
      </p>
    </Frame>
  );
}
