import type { Db } from "@/db/client";
import { readPanel } from "./snapshots";

/** 001's and 002's monitoring queries: accounts are live ones. */
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

/** The tiles. */
export async function overview(db: Db): Promise<Overview> {
  const { asOf, data } = await readPanel<Omit<Overview, "asOf">>(db, "overview");
  return { ...data, asOf };
}
