import type { Route } from "next";
import { notFound, redirect } from "next/navigation";
import { caller, tellRefused } from "@/trpc/server";
import type { Params } from "./params";

/**
 * Leads everybody but an admin with both proofs elsewhere: nobody to sign-in, an admin to what is left to prove, and
 * for anyone else there is no such page. This is for comfort: the procedures ask for themselves.
 * @param path where one is on the way to
 * @returns for how long the proofs are good still, in seconds
 */
export async function requireAdmin(path: string): Promise<{ secondsLeft: number }> {
  const me = await (await caller()).account.me();
  // Both are pages of ours; what they are asked with is no part of a typed route.
  if (!me) redirect(`/signin?next=${encodeURIComponent(path)}` as Route);
  if (me.role !== "ADMIN" || !me.isProfileComplete) {
    await tellRefused(path.split("?", 1)[0] ?? "");
    notFound();
  }
  if (me.missingAdminProofs.length > 0) redirect(`/step-up?next=${encodeURIComponent(path)}` as Route);
  return { secondsLeft: me.adminSecondsLeft ?? 0 };
}

/** The address of a page as it was asked for. */
export function requestedPath(page: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (typeof value === "string") query.set(name, value);
  return query.size > 0 ? `${page}?${query}` : page;
}
