import type { Route } from "next";

type Filter = Record<string, string | number | undefined>;

/** A page of ours with what it is asked for; what is undefined is left out. */
function to(page: string, filter: Filter): Route {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  // Every page below is one of ours; typed routes know no query.
  return (query.size > 0 ? `${page}?${query}` : page) as Route;
}

/** The rows behind a number: codes that fit. */
export const toCodes = (filter: Filter): Route => to("/admin/codes", filter);
/** The rows behind a number: accounts that fit. */
export const toUsers = (filter: Filter): Route => to("/admin/users", filter);
/** The pages that are lists. */
export type ListPage = "/admin/codes" | "/admin/users" | "/admin/deliveries" | "/admin/audit";
/** A list with what it is narrowed to. */
export const listAt = (page: ListPage, filter: Filter): Route => to(page, filter);
/** One account's page. */
export const toUser = (id: string): Route => to(`/admin/users/${id}`, {});
/** The dashboard, with its choices. */
export const toDashboard = (filter: Filter): Route => to("/admin", filter);
/**
 * The way to prove who one is, and back to the page one is on.
 * @param anew what is good still, too: it would end soon
 */
export function stepUpFrom(anew = false): Route {
  const here = typeof window === "undefined" ? "/admin" : window.location.pathname + window.location.search;
  return to("/step-up", { next: here, anew: anew ? "yes" : undefined });
}
export const toDeliveries = (filter: Filter): Route => to("/admin/deliveries", filter);
export const toAudit = (filter: Filter): Route => to("/admin/audit", filter);
