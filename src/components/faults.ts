import type { Problem } from "@/trpc/problem";
import { sentence, words } from "./words";

/** What is wrong with a form: a sentence for each field, and one for the whole form. */
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

/** A refusal as faults of the fields that it names, or of the whole form if the form has no such field. */
export function faultsOf(problem: Problem, formFields: readonly string[]): Faults {
  const said = Object.entries(problem.fieldErrors).flatMap(([field, [message]]) =>
    message !== undefined && formFields.includes(field) ? [[field, message] as const] : [],
  );
  if (said.length > 0) return { fields: Object.fromEntries(said) };
  const field = fieldOf[problem.reason];
  // A form without an address field cannot have a wrong address.
  const isOwn = problem.reason === "INVALID_CREDENTIALS" && !formFields.includes("identifier");
  const text = isOwn ? words.wrongPassword : sentence(problem);
  return field !== undefined && formFields.includes(field)
    ? { fields: { [field]: text } }
    : { fields: {}, whole: text };
}

/** The faults of the empty fields, given each field's text and its sentence; null if none is empty. */
export function emptyFields(
  fields: Readonly<Record<string, readonly [text: string, sentence: string]>>,
): Faults | null {
  const empty = Object.entries(fields).flatMap(([field, [text, say]]) => (text === "" ? [[field, say] as const] : []));
  return empty.length > 0 ? { fields: Object.fromEntries(empty) } : null;
}
