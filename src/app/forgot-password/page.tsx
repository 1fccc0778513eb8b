import type { Metadata } from "next";
import Link from "next/link";
import { Frame, Lead } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { accountTypeIn, pathTo } from "../_page/paths";
import { ForgotForm } from "./form";

export const metadata: Metadata = { title: "Forgot your password" };

/** The way back in: by a code, or by a link. */
export default async function ForgotPasswordPage({ searchParams }: PageProps<"/forgot-password">) {
  const accountType = accountTypeIn((await searchParams).type);
  const api = await caller();
  const [challenge, { pausedUntil }] = await Promise.all([
    api.challenge.current({ purpose: "password-reset" }),
    api.status.textMessages(),
  ]);
  const { appName, sms, inbox } = siteConfig();
  return (
    <Frame
      appName={appName}
      aside={
        <>
          Remembered it? <Link href={pathTo("/signin", { accountType })}>Sign in</Link>
        </>
      }
    >
      <Lead title="Forgot your password?">
        We send a code to your address. With it you choose a new password, and are signed out everywhere.
      </Lead>
      <ForgotForm
        accountType={accountType}
        challenge={challenge}
        sms={sms}
        smsPaused={pausedUntil !== null}
        inbox={inbox}
      />
    </Frame>
  );
}
