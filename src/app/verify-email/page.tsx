import type { Metadata } from "next";
import { Frame } from "@/components/frame";
import { siteConfig } from "@/trpc/server";
import { ConfirmForm } from "./form";

export const metadata: Metadata = { title: "Verify your email", robots: { index: false } };

/** The page of a verification link. Opening it spends nothing: mail scanners open every link (LNK-01). */
export default async function VerifyEmailPage({ searchParams }: PageProps<"/verify-email">) {
  const { token } = await searchParams;
  return (
    <Frame appName={siteConfig().appName}>
      <ConfirmForm token={typeof token === "string" ? token : null} />
    </Frame>
  );
}
