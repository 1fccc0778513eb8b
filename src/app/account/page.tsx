import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { Frame } from "@/components/frame";
import { lookAhead, siteConfig } from "@/trpc/server";
import { SignOut } from "../_session/sign-out";
import { Account } from "./account";

export const metadata: Metadata = { title: "Your account" };

/** The person’s own account, with every change that they can make. */
export default async function AccountPage() {
  const { queries, trpc } = await lookAhead();
  const me = await queries.fetchQuery(trpc.account.me.queryOptions());
  if (!me) redirect("/signin?next=/account");
  if (!me.isProfileComplete) redirect("/signup/profile");
  const { appName, sms, supportEmail, inbox, passwordMinLength } = siteConfig();
  // A query that fails here is run again by its section, which can show the error.
  await Promise.all([
    queries.prefetchQuery(trpc.account.sessions.queryOptions()),
    queries.prefetchQuery(trpc.account.devices.queryOptions()),
    queries.prefetchQuery(trpc.account.otpHistory.queryOptions()),
    queries.prefetchQuery(trpc.challenge.current.queryOptions({ purpose: "email-change" })),
    queries.prefetchQuery(trpc.challenge.current.queryOptions({ purpose: "phone-change" })),
    queries.prefetchQuery(trpc.status.textMessages.queryOptions()),
  ]);
  return (
    <Frame
      appName={appName}
      aside={
        me.role === "ADMIN" ? (
          <>
            <Link href="/admin">Admin</Link> <SignOut />
          </>
        ) : (
          <SignOut />
        )
      }
      width="reading"
    >
      <HydrationBoundary state={dehydrate(queries)}>
        <Account
          key={me.id}
          served={me}
          sms={sms}
          supportEmail={supportEmail}
          inbox={inbox}
          passwordMinLength={passwordMinLength}
        />
      </HydrationBoundary>
    </Frame>
  );
}
