import { type Actor, type AuditAction, appendAudit } from "@/audit/audit";
import type { Db, Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import type { Caller } from "./caller";

/** Who acted on an account: a caller, a caller who is an admin, the operator at a command line, or the app. */
export type By = Caller | { admin: Caller } | { kind: "operator" } | { kind: "app" };

type Told = {
  account?: Owner | null;
  address?: string | null;
  /** Why it was refused. Without a reason it was done. */
  refused?: string;
  /** Why it was done, in words of an admin or of the app. */
  because?: string | undefined;
};

/** Records what happened to an account, by whom and from where (design, "audit"). */
export function audit(db: Db | Tx, by: By, action: AuditAction, { account, address, refused, because }: Told) {
  const from = "admin" in by ? by.admin : "requestId" in by ? by : null;
  return appendAudit(db, {
    actor: actorOf(by),
    action,
    result: refused ? "refused" : "ok",
    reason: refused ?? because,
    account,
    address,
    ipAddress: from?.ipAddress ?? null,
    requestId: from?.requestId ?? null,
  });
}

function actorOf(by: By): Actor {
  if ("kind" in by) return by;
  if ("admin" in by) return { kind: "admin", id: by.admin.session?.accountId ?? null };
  return { kind: "person", id: by.session?.accountId ?? null };
}
