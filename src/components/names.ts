/** A word for each member of a union. A member without one does not compile. */
export type Names<T extends string> = Readonly<Record<T, string>>;

/** The member that a text is; undefined if it is none. Addresses and old rows may hold any text. */
export function memberOf<T extends string>(members: Readonly<Record<T, unknown>>, text: unknown): T | undefined {
  // An object's own keys are its members.
  return typeof text === "string" && Object.hasOwn(members, text) ? (text as T) : undefined;
}

/** The word for a text; undefined if the text is no member. */
export function nameIn<T extends string>(names: Names<T>, text: unknown): string | undefined {
  const member = memberOf(names, text);
  return member === undefined ? undefined : names[member];
}

/** A value of a field, and its name. */
export type Choice<T extends string = string> = { value: T; name: string };

/** All members with their words, in order, for a field to choose from. */
export const choicesOf = <T extends string>(names: Names<T>): Choice<T>[] =>
  // The keys of a record of T are T.
  (Object.entries(names) as [T, string][]).map(([value, name]) => ({ value, name }));
