import type { Db } from "@/db/client";
import { readPanel } from "./snapshots";

/** The numbers of 001's and 002's monitoring. `users` are live accounts. */
export type Overview = {
  activeUsers: number;
  verifiedUsers: number;
  pendingOtps: number;
  activeSignupOtps: number;
  verifiedSignupOtps: number;
  lockedAccounts: number;
  activeDemoUsers: number;
  asOf: Date;
};

/** The dashboard's tiles. */
export async function overview(db: Db): Promise<Overview> {
  const { asOf, data } = await readPanel<Omit<Overview, "asOf">>(db, "overview");
  return { ...data, asOf };
}
