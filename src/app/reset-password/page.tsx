import type { Metadata } from "next";
import { Frame } from "@/components/frame";
import { siteConfig } from "@/trpc/server";
import { ResetForm } from "./form";

export const metadata: Metadata = { title: "Choose a new password", robots: { index: false } };

/** Sets a new password, after a right reset code or by a link. Opening the page spends nothing. */
export default async function ResetPasswordPage({ searchParams }: PageProps<"/reset-password">) {
  const { token } = await searchParams;
  const { appName, passwordMinLength } = siteConfig();
  return (
    <Frame appName={appName}>
      <ResetForm token={typeof token === "string" ? token : null} passwordMinLength={passwordMinLength} />
    </Frame>
  );
}
