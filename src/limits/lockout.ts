import { createHmac } from "node:crypto";
import { sql } from "drizzle-orm";
import { pieces, texts } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { lockouts } from "@/db/schema/limits";
import { keysFor } from "@/keys";

/** This many failed codes or passwords in an hour for one identifier lock it (design, "Policies"). */
export const FAILURES_AN_HOUR = 10;
/** For so long nothing is compared then. Seconds. */
export const LOCKED_SECONDS = 15 * 60;

/** Whose failures count together: an identifier, known or not, in one share (null: the strangers'). */
export type Guessed = { accountType: string; channel: string; address: string; share: string | null };

/** `locked`: nothing may be compared. `tripped`: this one may, and was the last: if it fails, the owner is told. */
export type Charge = { locked: boolean; tripped: boolean };

/** A keyed digest, so that the table says of nobody that they are guessed at. A rotation of secrets starts it anew. */
function keyOf({ accountType, channel, address, share }: Guessed): string {
  const name = [accountType, channel, address, share ?? "strangers"].join("\0");
  return createHmac("sha256", keysFor("lockout")[0].bytes).update(name).digest("hex");
}

const minute = sql`floor(extract(epoch from now()) / 60)::int`;
const recent = sql`(select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(${lockouts.hits}) m where m.key::int > ${minute} - 60)`;
const total = sql`(select coalesce(sum(m.value::int), 0) from jsonb_each(${lockouts.hits}) m where m.key::int > ${minute} - 60)`;

/**
 * Charges one failure, before anything is compared: under any concurrency ten are compared in an hour, and then none
 * for 15 minutes. A success takes the charges back (`forgive`). A fault here compares nothing, because it throws.
 */
export async function chargeFailure(db: Db, guessed: Guessed): Promise<Charge> {
  const key = keyOf(guessed);
  const [row] = await db.execute<{ tripped: boolean }>(sql`
    insert into ${lockouts} (key, hits) values (${key}, jsonb_build_object(${minute}, 1))
    on conflict (key) do update set updated_at = now(),
      locked_until = case when ${total} + 1 >= ${FAILURES_AN_HOUR} then now() + make_interval(secs => ${LOCKED_SECONDS}) end,
      hits = case when ${total} + 1 >= ${FAILURES_AN_HOUR} then '{}'
        else ${recent} || jsonb_build_object(${minute}, coalesce((${lockouts.hits} ->> ${minute}::text)::int, 0) + 1) end
    where ${lockouts.lockedUntil} is null or ${lockouts.lockedUntil} <= now()
    returning locked_until is not null as tripped`);
  return row ? { locked: false, tripped: row.tripped } : { locked: true, tripped: false };
}

/** Takes one charge back, because nothing was compared under it after all. Where it locked, the nine before it stay. */
export async function takeBack(db: Db, guessed: Guessed, { tripped }: Charge): Promise<void> {
  const newest = sql`(select max(m.key::int)::text from jsonb_each(${lockouts.hits}) m)`;
  await db.execute(sql`
    update ${lockouts} set
      locked_until = case when ${tripped}::boolean then null else locked_until end,
      hits = case when ${tripped}::boolean then jsonb_build_object(${minute}, ${FAILURES_AN_HOUR - 1}::int)
        when ${lockouts.hits} = '{}' then '{}'
        else jsonb_set(${lockouts.hits}, array[${newest}], to_jsonb(greatest(0, (${lockouts.hits} ->> ${newest})::int - 1))) end
    where key = ${keyOf(guessed)}`);
}

/** Forgets the failures of these identifiers, and opens what they locked: after a success, or by an admin. */
export async function forgive(db: Db | Tx, guessed: Guessed[]): Promise<void> {
  for (const piece of pieces(guessed))
    await db
      .update(lockouts)
      .set({ hits: {}, lockedUntil: null })
      .where(sql`${lockouts.key} = any(${texts(piece.map(keyOf))})`);
}

/**
 * Whether the owner is to be told of a lock now: once a day for an identifier, whichever share was locked. Says so once
 * under any concurrency.
 */
export async function takeTelling(tx: Tx, guessed: Guessed): Promise<boolean> {
  const key = keyOf({ ...guessed, share: null });
  const taken = await tx.execute(sql`
    insert into ${lockouts} (key, hits, told_at) values (${key}, '{}', now())
    on conflict (key) do update set told_at = now(), updated_at = now()
    where ${lockouts.toldAt} is null or ${lockouts.toldAt} <= now() - interval '1 day'
    returning 1`);
  return taken.length === 1;
}
