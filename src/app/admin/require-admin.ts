import type { Route } from "next";
import { notFound, redirect } from "next/navigation";
import { caller, tellRefused } from "@/trpc/server";
import type { Params } from "./params";

/**
 * Lets only an admin with both proofs through. It sends a signed-out person to sign-in and an admin without both proofs
 * to the step-up. For anyone else the page does not exist. This is for convenience: the procedures check by themselves.
 * @param path the requested page
 * @returns for how many seconds the proofs are still good
 */
export async function requireAdmin(path: string): Promise<{ secondsLeft: number }> {
  const me = await (await caller()).account.me();
  // Both are pages of ours, but typed routes do not know queries.
  if (!me) redirect(`/signin?next=${encodeURIComponent(path)}` as Route);
  if (me.role !== "ADMIN" || !me.isProfileComplete) {
    await tellRefused(path.split("?", 1)[0] ?? "");
    notFound();
  }
  if (me.missingAdminProofs.length > 0) redirect(`/step-up?next=${encodeURIComponent(path)}` as Route);
  return { secondsLeft: me.adminSecondsLeft ?? 0 };
}

/** The requested address of a page. */
export function requestedPath(page: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (typeof value === "string") query.set(name, value);
  return query.size > 0 ? `${page}?${query}` : page;
}
