import type { Route } from "next";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { memberOf } from "@/components/names";
import type { AccountType } from "@/db/owner";

type Kept = {
  /** The page of ours that one came from, if any. */
  next?: string | null;
  accountType?: AccountType | undefined;
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
export function accountTypeIn(type: string | string[] | undefined): AccountType | undefined {
  return memberOf(ACCOUNT_TYPES, type);
}
