import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { SignOut } from "../sign-out";
import { Profile } from "./profile";

export const metadata: Metadata = { title: "Your account" };

/** One’s own account. */
export default async function AccountPage() {
  const api = await caller();
  const me = await api.account.me();
  if (!me) redirect("/signin?next=/account");
  if (!me.isProfileComplete) redirect("/signup/profile");
  return (
    <Frame appName={siteConfig().appName} aside={<SignOut />} width="reading">
      <Lead title={me.name ? `Hello, ${me.name}` : "Hello"} />
      <Profile {...me} />
    </Frame>
  );
}
