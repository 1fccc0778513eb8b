import Link from "next/link";
import { redirect } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { ButtonLink } from "@/components/ui/button";
import { caller, siteConfig } from "@/trpc/server";
import { Farewell } from "./_session/farewell";
import styles from "./page.module.css";

/** The home page: what the app is, and the links to sign up and sign in. */
export default async function HomePage({ searchParams }: PageProps<"/">) {
  const api = await caller();
  if (await api.account.me()) redirect("/account");
  const { account } = await searchParams;
  const { appName, inbox } = siteConfig();
  return (
    <Frame appName={appName}>
      <Farewell isDue={account === "deleted"} />
      <Lead title="Sign up with a code">
        {appName} sends a short code to your address. Type it here, and the address is verified.
      </Lead>
      <div className={styles.ways}>
        <ButtonLink href="/signup">Sign up</ButtonLink>
        <ButtonLink href="/signin" look="quiet">
          Sign in
        </ButtonLink>
      </div>
      <ul className={styles.facts}>
        <li>A code works once, for minutes, in the window that asked.</li>
        <li>Codes are stored as digests that cannot be read back.</li>
        <li>It runs on its owner’s server; pages load from nowhere else.</li>
      </ul>
      {inbox ? (
        <p className={styles.trial}>
          This is a local trial: messages go to <Link href="/dev/inbox">the inbox page</Link> and nowhere else.
        </p>
      ) : null}
    </Frame>
  );
}
