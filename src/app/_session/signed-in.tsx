import Link from "next/link";
import type { AccountType } from "@/db/owner";
import { caller } from "@/trpc/server";
import styles from "./signed-in.module.css";

const kinds: Record<AccountType, string> = { live: "", demo: " (demo)" };

/** Tells a person who is signed in already. */
export async function SignedIn() {
  const api = await caller();
  const me = await api.account.me();
  if (!me) return null;
  return (
    <p className={styles.line}>
      You are signed in as <strong>{me.email ?? me.phoneNumber}</strong>
      {kinds[me.accountType]}. <Link href="/account">Go to your account</Link>.
    </p>
  );
}
