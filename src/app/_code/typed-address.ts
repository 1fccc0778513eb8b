import { accountTypeOf, textOf } from "../_form/form-data";
import type { AccountAddress } from "./account-address";

let typed: AccountAddress | null = null;

/**
 * Keeps a typed address for the next page that asks for one, and for people who come back. It stays in memory: neither
 * the page's address nor the browser's storage may hold it.
 */
export const keepTyped = (data: FormData): void => {
  typed = { identifier: textOf(data, "identifier").trim(), accountType: accountTypeOf(data) };
};

/** The address typed before; null on the server and after a reload. */
export const readTyped = (): AccountAddress | null => typed;

/** Forgets it after sign-in: the next person at this window is another. */
export const forgetTyped = (): void => {
  typed = null;
};
