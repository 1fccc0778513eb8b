import { en } from "./en";
import type { Words } from "./words";

/** The languages there are. Another one is a file beside `en.ts` and a row here. */
export const languages = { en } satisfies Record<string, Words>;

export type Language = keyof typeof languages;
