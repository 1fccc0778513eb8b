import type { Metadata } from "next";
import Link from "next/link";
import { Frame, Lead } from "@/components/frame";
import { siteConfig } from "@/trpc/server";
import { SignUpForm } from "./form";

export const metadata: Metadata = { title: "Create your account" };

/** The first step: an address. */
export default function SignUpPage() {
  return (
    <Frame
      appName={siteConfig().appName}
      aside={
        <>
          Have an account? <Link href="/signin">Sign in</Link>
        </>
      }
    >
      <Lead title="Create your account">We send a short code to check the address. No password yet.</Lead>
      <SignUpForm />
    </Frame>
  );
}
