import { createHmac, timingSafeEqual } from "node:crypto";
import { desc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { tryLock } from "@/db/locks";
import { auditSeals } from "@/db/schema/audit";
import { type Key, keysFor } from "@/keys";

/** The age at which rows are sealed. No transaction that writes one lasts as long. */
const RESTS_MINUTES = 10;
/** Rows of one link: they fit into memory. */
const BATCH = 10_000;
/** No row has a greater number. */
const MOST = sql.raw("9223372036854775807");

type Link = { id: number; toSNo: number; seal: string };
const BEGINNING: Link = { id: 0, toSNo: 0, seal: "" };

/** All columns of a row as one text, the same in any time zone. */
const ROW =
  sql.raw(`jsonb_build_array(s_no, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, actor_id, action,
  result, reason, account_type, account_id, address_digest, ip_address, request_id)::text`);

/**
 * Seals old rows in links of at most 10,000, up to the first young row. A young row may have a lower number than an old
 * one: of two transactions at once, the later may take its number first.
 * Nothing is sealed while an old transaction still writes: its rows would come in between.
 * @returns how many rows were sealed
 */
export async function sealAudit(db: Db): Promise<{ rows: number }> {
  let rows = 0;
  for (;;) {
    const sealed = await db.transaction(sealBatch);
    rows += sealed;
    if (sealed < BATCH) return { rows };
  }
}

async function sealBatch(tx: Tx): Promise<number> {
  const [mayI] = await tx.execute<{ free: boolean }>(sql`select ${tryLock("auditSeal")} and not exists (
    select from pg_stat_activity where datname = current_database() and backend_xid is not null
      and pid <> pg_backend_pid() and xact_start < now() - make_interval(mins => ${RESTS_MINUTES - 1})) as free`);
  if (!mayI?.free) return 0;
  const [last = BEGINNING] = await tx.select().from(auditSeals).orderBy(desc(auditSeals.id)).limit(1);
  const found = await tx.execute<{ sNo: string; row: string }>(sql`
    select s_no as "sNo", ${ROW} as row from audit_log
    where ${after(last)} and at < now() - make_interval(mins => ${RESTS_MINUTES})
      and s_no < coalesce((select min(s_no) from audit_log where ${after(last)}
        and at between now() - make_interval(mins => ${RESTS_MINUTES}) and now()), ${MOST}) order by s_no limit ${BATCH}`);
  const newest = found.at(-1);
  if (!newest) return 0;
  const link = { id: last.id + 1, toSNo: Number(newest.sNo), rows: found.length };
  const [key] = keysFor("audit seal");
  const seal = sealOf(
    key,
    last,
    link,
    found.map(({ row }) => row),
  );
  await tx.insert(auditSeals).values({ ...link, seal });
  return found.length;
}

/** The rows after a link. After the beginning these are all, also ones with a negative number. */
const after = (link: Link) => (link === BEGINNING ? sql`true` : sql`s_no > ${link.toSNo}`);

/** Parts are length-prefixed, so that no two batches have the same text. */
function sealOf(key: Key, before: Link, { id, toSNo }: Omit<Link, "seal">, rows: string[]): string {
  const hmac = createHmac("sha256", key.bytes);
  for (const part of [before.seal, String(id), String(toSNo), ...rows])
    hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return `${key.id}.${hmac.digest("base64url")}`;
}

/** `head` is the newest link's seal. Compared with a copy kept elsewhere, it shows whether links were cut off. */
export type Checked = { links: number; rows: number; unsealed: number; head: string | null; faults: string[] };

/**
 * Checks every sealed row, and reports a changed, removed or inserted one with its link. A chain cut off at its end
 * passes: compare its head with one that was logged.
 */
export function verifyAudit(db: Db): Promise<Checked> {
  return db.transaction(
    async (tx) => {
      const links = await tx.select().from(auditSeals).orderBy(auditSeals.id);
      const faults: string[] = [];
      let before = BEGINNING;
      let rows = 0;
      for (const link of links) {
        const found = await tx.execute<{ row: string }>(sql`select ${ROW} as row from audit_log
          where ${after(before)} and s_no <= ${link.toSNo} order by s_no`);
        const key = keysFor("audit seal").find(({ id }) => link.seal.startsWith(`${id}.`));
        const where = `entries ${before.toSNo + 1} to ${link.toSNo}`;
        if (!key) faults.push(`${where}: sealed under a secret that is not in APP_SECRET`);
        else if (link.id !== before.id + 1) faults.push(`${where}: a link is missing before link ${link.id}`);
        else if (
          !isSame(
            link.seal,
            sealOf(
              key,
              before,
              link,
              found.map(({ row }) => row),
            ),
          )
        )
          faults.push(
            `${where}: ${found.length} entries are there, ${link.rows} were sealed; they are not as they were`,
          );
        rows += found.length;
        before = link;
      }
      const [rest] = await tx.execute<{ unsealed: number }>(
        sql`select count(*)::int as unsealed from audit_log where ${after(before)}`,
      );
      return { links: links.length, rows, unsealed: rest?.unsealed ?? 0, head: before.seal || null, faults };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

const isSame = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The newest link's seal, to be logged where nobody can change it. */
export async function headOf(db: Db): Promise<string | null> {
  const [last] = await db.select().from(auditSeals).orderBy(desc(auditSeals.id)).limit(1);
  return last?.seal ?? null;
}

/** Whether a logged seal is still in the chain. If not, its end was cut off. */
export async function hasSeal(db: Db, seal: string): Promise<boolean> {
  return (await db.$count(auditSeals, eq(auditSeals.seal, seal))) > 0;
}
