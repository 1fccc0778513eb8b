import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { Inbox } from "./inbox";

export const metadata: Metadata = { title: "Inbox" };

/** The mailbox of a local trial. */
export default async function InboxPage() {
  const { appName, inbox } = siteConfig();
  if (!inbox) notFound();
  const api = await caller();
  return (
    <Frame appName={appName} width="reading" aside={<Link href="/dev/messages">All messages there are</Link>}>
      <Lead title="Inbox">Every message of the last 24 hours. Nothing of it left this machine.</Lead>
      <Inbox first={await api.inbox.list()} />
    </Frame>
  );
}
