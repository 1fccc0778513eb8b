import { ACCOUNT_TYPES } from "@/components/account-types";
import { memberOf } from "@/components/names";
import type { AccountType } from "@/db/owner";

/** A field's text; empty if the form has no such field. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

/** A field's text without the space around it; undefined if nothing is left, for what one may leave out. */
export function optionalOf(data: FormData, name: string): string | undefined {
  return textOf(data, name).trim() || undefined;
}

/** Which kind of account the switch stands on. */
export function accountTypeOf(data: FormData): AccountType {
  return memberOf(ACCOUNT_TYPES, data.get("accountType")) ?? "live";
}
