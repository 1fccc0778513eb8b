import type { Metadata } from "next";
import { Frame, Lead } from "@/components/frame";
import { ButtonLink } from "@/components/ui/button";
import { siteConfig } from "@/trpc/server";

export const metadata: Metadata = { title: "Page not found" };

/** Shown for an address without a page. */
export default function NotFound() {
  return (
    <Frame appName={siteConfig().appName}>
      <Lead title="There is no page here">The address may be mistyped, or the page is gone.</Lead>
      <ButtonLink href="/">Go to the home page</ButtonLink>
    </Frame>
  );
}
