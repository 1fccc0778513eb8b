/** What an account's owner may have to prove anew for: the part of the page it is in, and how one says it. */
export const changes = {
  email: "change your email",
  phone: "change your phone number",
  password: "set your password",
  export: "download your data",
  delete: "delete your account",
} as const;

export type Change = keyof typeof changes;

/** What somebody was about to do, told from where they want to go back to; null for other places. */
export function changeAt(path: string): Change | null {
  const [page, part] = path.split("#", 2);
  return page === "/account" && part !== undefined && isChange(part) ? part : null;
}

const isChange = (part: string): part is Change => Object.hasOwn(changes, part);
