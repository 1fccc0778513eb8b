import type { Problem } from "@/trpc/problem";
import { sentence, words } from "./words";

/** What is wrong with a form: sentences for single fields, and one for the whole. */
export type Faults = { fields: Readonly<Record<string, string>>; whole?: string };

export const noFaults: Faults = { fields: {} };

const fieldOf: Partial<Record<Problem["reason"], string>> = {
  INVALID_CODE: "code",
  TOO_MANY_ATTEMPTS: "code",
  INVALID_CREDENTIALS: "password",
  PASSWORD_TOO_SHORT: "password",
  PASSWORD_TOO_LONG: "password",
  PASSWORD_COMMON: "password",
  TAKEN: "username",
};

/** Puts a refusal where it belongs: beside the fields it names, if the form has them, else below the form. */
export function faultsOf(problem: Problem, formFields: readonly string[]): Faults {
  const said = Object.entries(problem.fieldErrors).flatMap(([field, [message]]) =>
    message !== undefined && formFields.includes(field) ? [[field, message] as const] : [],
  );
  if (said.length > 0) return { fields: Object.fromEntries(said) };
  const field = fieldOf[problem.reason];
  // Where no address was typed, none can be wrong.
  const isOwn = problem.reason === "INVALID_CREDENTIALS" && !formFields.includes("identifier");
  const text = isOwn ? words.wrongPassword : sentence(problem);
  return field !== undefined && formFields.includes(field)
    ? { fields: { [field]: text } }
    : { fields: {}, whole: text };
}

/** Finds the fields left empty, given each one's text and what to say of its lack; null if none is. */
export function emptyFields(
  fields: Readonly<Record<string, readonly [text: string, sentence: string]>>,
): Faults | null {
  const empty = Object.entries(fields).flatMap(([field, [text, say]]) => (text === "" ? [[field, say] as const] : []));
  return empty.length > 0 ? { fields: Object.fromEntries(empty) } : null;
}
