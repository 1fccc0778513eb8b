import { desc, eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Db, Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import { auditLog } from "@/db/schema/audit";
import { forget } from "@/keys";

/** Named `noun.verb`. */
export type AuditAction =
  | "session.start"
  | "session.step-up"
  | "session.end"
  | "session.revoke"
  | "device.forget"
  | "code.ask"
  | "code.check"
  | "link.ask"
  | "lockout"
  | "guesses.close"
  | "device.know"
  | "account.create"
  | "account.delete"
  | "password.set"
  | "password.change"
  | "password.reset"
  | "email.prove"
  | "email.change"
  | "phone.prove"
  | "phone.change"
  | "account.export"
  | "profile.change"
  | "admin.invite"
  | "admin.grant"
  | "admin.revoke"
  | "admin.unlock"
  | "admin.reset"
  | "admin.set-active"
  | "admin.revoke-sessions"
  | "admin.forget-device"
  | "admin.delete"
  | "admin.reveal";

/** A person acts on their own account, the operator at the command line, the app by itself. */
export type Actor =
  | { kind: "person"; id: string | null }
  | { kind: "admin"; id: string | null }
  | { kind: "operator" }
  | { kind: "app" };

export type AuditEntry = {
  actor: Actor;
  action: AuditAction;
  result: "ok" | "refused";
  reason?: string | undefined;
  account?: Owner | null | undefined;
  /** In clear here; only its keyed digest is stored. */
  address?: string | null | undefined;
  ipAddress?: string | null;
  requestId?: string | null;
};

/** Appends an entry. Call it in the transaction of the change, so that neither exists alone. */
export async function appendAudit(db: Db | Tx, entry: AuditEntry): Promise<void> {
  const { actor, action, result, reason, account, address, ipAddress, requestId } = entry;
  await db.insert(auditLog).values({
    actor: actor.kind,
    actorId: "id" in actor ? actor.id : null,
    action,
    result,
    reason: reason ?? null,
    accountType: account?.accountType ?? null,
    accountId: account?.id ?? null,
    addressDigest: address ? forget(address) : null,
    ipAddress: ipAddress ?? null,
    requestId: requestId ?? null,
  });
}

/** An account's newest entries for its export, without digests and without what is the admin's own. */
export function entriesOf(db: Db, accountId: string, limit: number) {
  const { at, actor, action, result } = auditLog;
  // An admin's address and reason are the admin's own.
  const own = (column: PgColumn) => sql<string | null>`case when ${actor} = 'person' then ${column} end`;
  const { reason, ipAddress, requestId } = auditLog;
  return db
    .select({ at, actor, action, result, reason: own(reason), ipAddress: own(ipAddress), requestId: own(requestId) })
    .from(auditLog)
    .where(eq(auditLog.accountId, accountId))
    .orderBy(desc(auditLog.sNo))
    .limit(limit);
}
