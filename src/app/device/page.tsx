import type { Metadata } from "next";
import { Frame } from "@/components/frame";
import { siteConfig } from "@/trpc/server";
import { accountTypeIn } from "../_page/paths";
import { DeviceForm } from "./form";

export const metadata: Metadata = { title: "Use this browser", robots: { index: false } };

/** The page of the link in a lockout's notice. Opening it spends nothing: mail scanners open every link (LNK-01). */
export default async function DevicePage({ searchParams }: PageProps<"/device">) {
  const { token, type } = await searchParams;
  return (
    <Frame appName={siteConfig().appName}>
      <DeviceForm token={typeof token === "string" ? token : null} accountType={accountTypeIn(type)} />
    </Frame>
  );
}
