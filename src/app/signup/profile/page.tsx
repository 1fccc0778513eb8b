import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { caller, siteConfig } from "@/trpc/server";
import { SignOut } from "../../_session/sign-out";
import { ProfileForm } from "./form";

export const metadata: Metadata = { title: "Finish your account" };

/** The last step: a name and a password. */
export default async function ProfilePage() {
  const api = await caller();
  const me = await api.account.me();
  if (!me) redirect("/signup");
  if (me.isProfileComplete) redirect("/account");
  const { appName, passwordMinLength } = siteConfig();
  const address = me.email ?? me.phoneNumber ?? "";
  return (
    <Frame appName={appName} aside={<SignOut />}>
      <Lead title="Finish your account">
        <strong>{address}</strong> is verified. One last step.
      </Lead>
      <ProfileForm
        accountId={me.id}
        address={address}
        name={me.name ?? ""}
        needsPassword={!me.hasPassword}
        passwordMinLength={passwordMinLength}
      />
    </Frame>
  );
}
