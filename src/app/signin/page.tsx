import type { Metadata } from "next";
import { Frame, Lead } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { safeNext } from "@/trpc/safe-next";
import { siteConfig } from "@/trpc/server";
import { codeUnderway } from "../_code/code-underway";
import { accountTypeIn } from "../_page/paths";
import { SignedIn } from "../_session/signed-in";
import { SignInForm } from "./form";

export const metadata: Metadata = { title: "Sign in" };

/** Sign-in with a password. Messages to a demo account link here with `?type=demo`. */
export default async function SignInPage({ searchParams }: PageProps<"/signin">) {
  const { next, type } = await searchParams;
  const { challenge, smsPaused } = await codeUnderway("sign-in");
  const { appName, sms } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="New here?" href="/signup">
          Sign up
        </OtherWay>
      }
    >
      <Lead title="Sign in">With your address and your password.</Lead>
      <SignedIn />
      <SignInForm
        next={safeNext(typeof next === "string" ? next : undefined)}
        accountType={accountTypeIn(type)}
        challenge={challenge}
        sms={sms}
        smsPaused={smsPaused}
      />
    </Frame>
  );
}
