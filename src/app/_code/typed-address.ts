import { accountTypeOf, textOf } from "../_form/form-data";
import type { AccountAddress } from "./account-address";

let typed: AccountAddress | null = null;

/**
 * Keeps an address for the next page that asks for one, and for who comes back: in memory alone, since neither the
 * address bar nor the browser's storage is a place for it.
 */
export const keepTyped = (data: FormData): void => {
  typed = { identifier: textOf(data, "identifier").trim(), accountType: accountTypeOf(data) };
};

/** What was typed before; null on the server, and after a reload. */
export const readTyped = (): AccountAddress | null => typed;

/** Forgets it, once its owner is in: the next person at this window has another one. */
export const forgetTyped = (): void => {
  typed = null;
};
