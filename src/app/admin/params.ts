/** What the address bar holds, as Next gives it. */
export type Params = Record<string, string | string[] | undefined>;

/** One of its values, trimmed; undefined where it is empty, missing or there twice. */
export function textOf(params: Params, name: string): string | undefined {
  const value = params[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** All values that are text and stand there once. */
export const textsOf = (params: Params): Record<string, string> =>
  Object.fromEntries(Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

/** "yes" and "no"; anything else is neither. */
export function yesNo(params: Params, name: string): boolean | undefined {
  const value = params[name];
  return value === "yes" ? true : value === "no" ? false : undefined;
}

/** "yes"; of what has no opposite to ask for. */
export const onlyYes = (params: Params, name: string): true | undefined => yesNo(params, name) || undefined;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is an account's id. */
export const isId = (text: string): boolean => UUID.test(text);

/** An account's id. */
export function idOf(params: Params, name: string): string | undefined {
  const text = textOf(params, name);
  return text && isId(text) ? text : undefined;
}

/** An instant that a link of ours has written, as ISO 8601; a date is its midnight in UTC. */
export function instantOf(params: Params, name: string): string | undefined {
  const text = textOf(params, name);
  if (!text) return undefined;
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** Leaves out what is undefined, so that the same question has the same key. */
export const withoutUndefined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  // What is left has no undefined in it.
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export const YES_NO = { yes: "Yes", no: "No" } as const;
