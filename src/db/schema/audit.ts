import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns";

/**
 * What happened to accounts, and by whom. Append-only: a trigger refuses changes, and an app with its own database role
 * has no right to make them. It holds ids and keyed digests, no addresses. It has no foreign keys, because its rows
 * outlive the accounts.
 */
export const auditLog = pgTable(
  "audit_log",
  {
    sNo: bigint("s_no", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant("at").notNull().defaultNow(),
    /** Who acted: a person (anonymous until proven), an admin, the operator at a command line, or the app itself. */
    actor: text("actor").notNull(),
    actorId: uuid("actor_id"),
    action: text("action").notNull(),
    result: text("result").notNull(),
    /** Why it was refused, or why an admin did it. */
    reason: text("reason"),
    /** The account, if there is one. */
    accountType: text("account_type"),
    accountId: uuid("account_id"),
    /** The address as a keyed digest, because events also concern addresses without an account. */
    addressDigest: text("address_digest"),
    ipAddress: text("ip_address"),
    requestId: text("request_id"),
  },
  (t) => [
    index("audit_log_at_idx").on(t.at),
    index("audit_log_account_id_idx").on(t.accountId, t.sNo.desc()).where(sql`${t.accountId} is not null`),
    index("audit_log_address_digest_idx").on(t.addressDigest, t.sNo.desc()).where(sql`${t.addressDigest} is not null`),
    check("audit_log_actor_known", sql`${t.actor} in ('person', 'admin', 'operator', 'app')`),
    check("audit_log_result_known", sql`${t.result} in ('ok', 'refused')`),
  ],
);

/**
 * The chain that makes the audit log tamper-evident. Each link seals a batch of rows and the previous link, under a key
 * that is not in the database. Append-only.
 */
export const auditSeals = pgTable("audit_seals", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  /** The last sealed row. A link seals the rows after the previous link's, up to this one. */
  toSNo: bigint("to_s_no", { mode: "number" }).notNull(),
  rows: integer("rows").notNull(),
  /** The key's public name, and the HMAC-SHA-256 over the previous link and the rows. */
  seal: text("seal").notNull(),
  sealedAt: instant("sealed_at").notNull().defaultNow(),
});
