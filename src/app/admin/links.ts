import type { Route } from "next";

type Filter = Record<string, string | number | undefined>;

/** A page of ours with its query, without undefined values. */
function to(page: string, filter: Filter): Route {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  // Every page below is one of ours, but typed routes do not know queries.
  return (query.size > 0 ? `${page}?${query}` : page) as Route;
}

/** The codes behind a number. */
export const toCodes = (filter: Filter): Route => to("/admin/codes", filter);
/** The accounts behind a number. */
export const toUsers = (filter: Filter): Route => to("/admin/users", filter);
/** The pages with a list. */
export type ListPage = "/admin/codes" | "/admin/users" | "/admin/deliveries" | "/admin/audit";
/** A list with its filters. */
export const listAt = (page: ListPage, filter: Filter): Route => to(page, filter);
/** One account's page. */
export const toUser = (id: string): Route => to(`/admin/users/${id}`, {});
/** The dashboard, with its choices. */
export const toDashboard = (filter: Filter): Route => to("/admin", filter);
/**
 * A link to the step-up, which leads back to the current page.
 * @param anew whether proofs that are still good are renewed, too
 */
export function stepUpFrom(anew = false): Route {
  const here = typeof window === "undefined" ? "/admin" : window.location.pathname + window.location.search;
  return to("/step-up", { next: here, anew: anew ? "yes" : undefined });
}
export const toDeliveries = (filter: Filter): Route => to("/admin/deliveries", filter);
export const toAudit = (filter: Filter): Route => to("/admin/audit", filter);
