import { ACCOUNT_TYPES } from "@/components/account-types";
import { memberOf } from "@/components/names";
import type { AccountType } from "@/db/owner";

/** A field's text; empty if the form has no such field. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

/** The trimmed text of an optional field; undefined if empty. */
export function optionalOf(data: FormData, name: string): string | undefined {
  return textOf(data, name).trim() || undefined;
}

/** The kind of account that was chosen. */
export function accountTypeOf(data: FormData): AccountType {
  return memberOf(ACCOUNT_TYPES, data.get("accountType")) ?? "live";
}
