import type { Metadata } from "next";
import { Frame } from "@/components/frame";
import { siteConfig } from "@/trpc/server";
import { accountTypeIn } from "../_page/paths";
import { DeviceForm } from "./form";

export const metadata: Metadata = { title: "Use this browser", robots: { index: false } };

/** Where the link of a lockout's notice leads. Opening it spends nothing: mail scanners open everything (LNK-01). */
export default async function DevicePage({ searchParams }: PageProps<"/device">) {
  const { token, type } = await searchParams;
  return (
    <Frame appName={siteConfig().appName}>
      <DeviceForm token={typeof token === "string" ? token : null} accountType={accountTypeIn(type)} />
    </Frame>
  );
}
