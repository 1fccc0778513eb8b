import { type Actor, type AuditAction, appendAudit } from "@/audit/audit";
import type { Db, Tx } from "@/db/client";
import type { Caller } from "./caller";

/** Who did something to an account: the caller, or the operator or the app, who come from no address. */
export type By = Caller | Exclude<Actor, { kind: "person" }>;

type Told = {
  account?: { accountType: "live" | "demo"; id: string } | null;
  address?: string | null;
  /** Why it was refused; without one it was done. An admin's own reason for doing it goes into `because`. */
  refused?: string;
  because?: string;
};

/** Writes down what happened to an account, by whom and from where (design, "audit"). */
export function audit(db: Db | Tx, by: By, action: AuditAction, { account, address, refused, because }: Told) {
  const isCaller = "requestId" in by;
  return appendAudit(db, {
    actor: isCaller ? { kind: "person", id: by.session?.accountId ?? null } : by,
    action,
    result: refused ? "refused" : "ok",
    reason: refused ?? because,
    account,
    address,
    ipAddress: isCaller ? by.ipAddress : null,
    requestId: isCaller ? by.requestId : null,
  });
}
