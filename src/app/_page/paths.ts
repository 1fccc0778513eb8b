import type { Route } from "next";

type Kept = {
  /** The page of ours that one came from, if any. */
  next?: string | null;
  accountType?: "live" | "demo" | undefined;
};

/** A page of ours, with what one chose before: where to go afterwards, and the kind of account. */
export function pathTo<Page extends string>(page: Page, { next, accountType }: Kept) {
  const query = new URLSearchParams();
  if (next) query.set("next", next);
  if (accountType === "demo") query.set("type", accountType);
  // Which page it is stands in `page`: typed routes know the path alone.
  return (query.size > 0 ? `${page}?${query}` : page) as Route;
}

/** The kind of account that a page's `?type=` names. */
export function accountTypeIn(type: string | string[] | undefined): "live" | "demo" | undefined {
  return type === "live" || type === "demo" ? type : undefined;
}
