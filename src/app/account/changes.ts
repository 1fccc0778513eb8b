/** The changes that can need a fresh proof, each with its words. The key is the section's id. */
export const changes = {
  email: "change your email",
  phone: "change your phone number",
  password: "set your password",
  export: "download your data",
  delete: "delete your account",
} as const;

export type Change = keyof typeof changes;

/** The change that a path leads back to; null for other paths. */
export function changeAt(path: string): Change | null {
  const [page, part] = path.split("#", 2);
  return page === "/account" && part !== undefined && isChange(part) ? part : null;
}

const isChange = (part: string): part is Change => Object.hasOwn(changes, part);
