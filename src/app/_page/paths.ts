import type { Route } from "next";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { memberOf } from "@/components/names";
import type { AccountType } from "@/db/owner";

type Kept = {
  /** The page to go to afterwards, if any. */
  next?: string | null;
  accountType?: AccountType | undefined;
};

/** A page of ours, with what was chosen before: the page to go to afterwards, and the kind of account. */
export function pathTo<Page extends string>(page: Page, { next, accountType }: Kept) {
  const query = new URLSearchParams();
  if (next) query.set("next", next);
  if (accountType === "demo") query.set("type", accountType);
  // Typed routes know only paths. `page` is one, and the query does not change that.
  return (query.size > 0 ? `${page}?${query}` : page) as Route;
}

/** The kind of account that a page's `?type=` names. */
export function accountTypeIn(type: string | string[] | undefined): AccountType | undefined {
  return memberOf(ACCOUNT_TYPES, type);
}
