import { inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { users } from "@/db/schema/accounts";

export type Named = { name: string | null; phone: string | null; email: string | null };

/** Present names. Accounts deleted since a snapshot are left out. */
export async function namesOf(db: Db, ids: string[]): Promise<Map<string, Named>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: users.id, name: users.name, phone: users.phoneNumber, email: users.email })
    .from(users)
    .where(inArray(users.id, ids));
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}
