import type { Metadata } from "next";
import { Frame, Lead } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { siteConfig } from "@/trpc/server";
import { SignedIn } from "../_session/signed-in";
import { RegisterForm } from "./form";

export const metadata: Metadata = { title: "Register" };

/** Signing up with a password first; the address is proven afterwards. */
export default function RegisterPage() {
  const { appName, passwordMinLength } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="Have an account?" href="/signin">
          Sign in
        </OtherWay>
      }
    >
      <Lead title="Create your account">With a password first. Then we send an 8-digit code to check the address.</Lead>
      <SignedIn />
      <RegisterForm passwordMinLength={passwordMinLength} />
    </Frame>
  );
}
