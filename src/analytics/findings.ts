import type { Db } from "@/db/client";
import { type Named, namesOf } from "./names";
import { readPanel } from "./snapshots";
import type { Suspicion } from "./suspicious";

/** If the finding is about an account, `who` is that account, or null once deleted. */
export type Finding = Suspicion & { who?: Named | null };

/** What looks like an attack in the last hour. */
export async function findings(db: Db): Promise<{ asOf: Date; items: Finding[] }> {
  const { asOf, data } = await readPanel<Suspicion[]>(db, "suspicious");
  const ofAccount = ({ rule }: Suspicion) => rule === "many failures on one account";
  const names = await namesOf(
    db,
    data.filter(ofAccount).map(({ key }) => key),
  );
  return {
    asOf,
    items: data.map((found) => (ofAccount(found) ? { ...found, who: names.get(found.key) ?? null } : found)),
  };
}
