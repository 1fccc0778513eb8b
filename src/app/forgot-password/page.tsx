import type { Metadata } from "next";
import { Frame, Lead } from "@/components/frame";
import { OtherWay } from "@/components/other-way";
import { siteConfig } from "@/trpc/server";
import { codeUnderway } from "../_code/code-underway";
import { accountTypeIn, pathTo } from "../_page/paths";
import { ForgotForm } from "./form";

export const metadata: Metadata = { title: "Forgot your password" };

/** Where a reset code or link is asked for. */
export default async function ForgotPasswordPage({ searchParams }: PageProps<"/forgot-password">) {
  const accountType = accountTypeIn((await searchParams).type);
  const { challenge, smsPaused } = await codeUnderway("password-reset");
  const { appName, sms, inbox } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <OtherWay question="Remembered it?" href={pathTo("/signin", { accountType })}>
          Sign in
        </OtherWay>
      }
    >
      <Lead title="Forgot your password?">
        We send a code to your address. With it you choose a new password, and are signed out everywhere.
      </Lead>
      <ForgotForm accountType={accountType} challenge={challenge} sms={sms} smsPaused={smsPaused} inbox={inbox} />
    </Frame>
  );
}
