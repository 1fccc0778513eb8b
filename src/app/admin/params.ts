/** The query of a page's address, as Next gives it. */
export type Params = Record<string, string | string[] | undefined>;

/** One value, trimmed; undefined if it is empty, missing or given twice. */
export function textOf(params: Params, name: string): string | undefined {
  const value = params[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** All values that are given once. */
export const textsOf = (params: Params): Record<string, string> =>
  Object.fromEntries(Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

/** True for "yes", false for "no", else undefined. */
export function yesNo(params: Params, name: string): boolean | undefined {
  const value = params[name];
  return value === "yes" ? true : value === "no" ? false : undefined;
}

/** True for "yes", for a filter that has no opposite. */
export const onlyYes = (params: Params, name: string): true | undefined => yesNo(params, name) || undefined;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is an account's id. */
export const isId = (text: string): boolean => UUID.test(text);

/** An account's id. */
export function idOf(params: Params, name: string): string | undefined {
  const text = textOf(params, name);
  return text && isId(text) ? text : undefined;
}

/** An instant as ISO 8601. A date means its midnight in UTC. */
export function instantOf(params: Params, name: string): string | undefined {
  const text = textOf(params, name);
  if (!text) return undefined;
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** Removes undefined values, so that the same question has the same query key. */
export const withoutUndefined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  // No undefined value is left.
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export const YES_NO = { yes: "Yes", no: "No" } as const;
