import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { iso } from "./codes";
import { isTime } from "./cursor";
import { utc } from "./instant";

/** An account with all its addresses, or one address. */
export type Whose = {
  accountId: string | null;
  addresses: string[];
  /** The digests that replace forgotten addresses, one for each key. */
  digests: string[];
};

export type CodeEvent = {
  kind: "code";
  sNo: number;
  purpose: string | null;
  channel: string | null;
  address: string | null;
  isVerified: boolean;
  attempts: number;
  sentAt: string | null;
  verifiedAt: string | null;
  supersededAt: string | null;
  expiresAt: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  share: "device" | "strangers";
  held: HeldRule | null;
  /** Null once swept. */
  delivery: { state: string; decoy: boolean; template: string; error: string | null } | null;
};

/** A notice or a link. */
export type DeliveryEvent = {
  kind: "delivery";
  template: string;
  channel: string;
  address: string;
  decoy: boolean;
  state: string;
  error: string | null;
  sentAt: string | null;
};

export type AuditEvent = {
  kind: "audit";
  action: string;
  result: "ok" | "refused";
  reason: string | null;
  actor: string;
  actorId: string | null;
  ipAddress: string | null;
};

export type TimelineEvent = { key: string; at: string } & (CodeEvent | DeliveryEvent | AuditEvent);

export type TimelineCursor = { at: string; kind: string; key: string };

const PAGE = 50;
/** A page of each kind, one more, and rows of the instant at which the page before ended. */
const OF_EACH = PAGE + 50;

const cursorSchema = z.tuple([
  z.string().refine(isTime),
  z.enum(["code", "delivery", "audit"]),
  z.string().regex(/^[\w-]{1,60}$/),
]);

/** Reads a cursor; null if it is malformed. */
export function parseTimelineCursor(text: string): TimelineCursor | null {
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return parsed.success ? { at: parsed.data[0], kind: parsed.data[1], key: parsed.data[2] } : null;
  } catch {
    return null;
  }
}

/** The events of an account or address, newest first, 50 a page, without codes and digests. */
export async function timeline(
  db: Db,
  whose: Whose,
  cursor: TimelineCursor | null,
): Promise<{ items: TimelineEvent[]; nextCursor: string | null }> {
  const until = cursor ? sql`${cursor.at}::timestamptz` : sql`'infinity'`;
  const before = cursor
    ? sql`where (at, kind, key) < (${cursor.at}::timestamptz, ${cursor.kind}, ${cursor.key})`
    : sql``;
  const kinds = [...codes(whose, until), deliveries(whose, until), ...audits(whose, until)];
  const rows = await db.execute<{ kind: string; key: string; at: string; data: object }>(sql`
    select distinct on (at, kind, key) kind, key, at::text as at, data from (${sql.join(kinds, sql` union all `)}) told ${before}
    order by at desc, kind desc, key desc limit ${PAGE + 1}`);
  const page = rows.slice(0, PAGE);
  const last = page.at(-1);
  return {
    // The branches below build `data`.
    items: page.map(
      ({ kind, key, at, data }) => ({ key: kind + key, at: iso(at) ?? "", kind, ...data }) as TimelineEvent,
    ),
    nextCursor:
      rows.length > PAGE && last
        ? Buffer.from(JSON.stringify([last.at, last.kind, last.key])).toString("base64url")
        : null,
  };
}

const among = (values: string[]) =>
  sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );

/** One branch for each index. */
function codes({ accountId, addresses, digests }: Whose, until: SQL): SQL[] {
  const found = [
    ...(accountId === null ? [] : [sql`o.user_id = ${accountId}`]),
    // Codes asked for without an account. With one value a branch the index yields rows by time; reading all rows of a
    // heavy account took 400 ms.
    ...[...addresses, ...digests].flatMap((kept) => [
      sql`o.email = ${kept} and o.user_type = 'live'`,
      sql`o.email = ${kept} and o.user_type = 'demo'`,
      sql`o.phone = ${kept}`,
    ]),
  ];
  return found.map(
    (which) => sql`(select 'code' as kind, o.s_no::text as key, o.created_at as at, jsonb_build_object(
        'sNo', o.s_no, 'purpose', o.purpose, 'channel', o.channel, 'address', coalesce(o.email, o.phone),
        'isVerified', o.is_verified, 'attempts', o.attempts, 'sentAt', ${utc("o.sent_at")}, 'verifiedAt', ${utc("o.verified_at")},
        'supersededAt', ${utc("o.superseded_at")}, 'expiresAt', ${utc("o.expires_at")}, 'ipAddress', o.ip_address, 'userAgent', o.user_agent, 'held', o.held,
        'share', case when o.device is null then 'strangers' else 'device' end,
        'delivery', case when d.id is not null then jsonb_build_object('state', d.state, 'decoy', d.decoy,
          'template', d.template, 'error', d.error) end) as data
      from otp_verifications o left join deliveries d on d.id = o.delivery_id
      where ${which} and o.created_at <= ${until} order by o.created_at desc nulls last limit ${OF_EACH})`,
  );
}

const deliveries = ({ addresses, digests }: Whose, until: SQL) =>
  sql`(select 'delivery' as kind, d.id::text as key, d.created_at as at, jsonb_build_object('template', d.template,
      'channel', d.channel, 'address', d.recipient, 'decoy', d.decoy, 'state', d.state, 'error', d.error, 'sentAt', ${utc("d.sent_at")}) as data
    from deliveries d where d.recipient in (${among(["", ...addresses, ...digests])}) and d.created_at <= ${until}
      and not exists (select from otp_verifications o where o.delivery_id = d.id)
    order by d.created_at desc limit ${OF_EACH})`;

function audits({ accountId, digests }: Whose, until: SQL): SQL[] {
  const found = [
    ...(accountId === null ? [] : [sql`account_id = ${accountId}`]),
    ...digests.map((digest) => sql`address_digest = ${digest}`),
  ];
  return found.map(
    (which) => sql`(select 'audit' as kind, lpad(s_no::text, 19, '0') as key, at, jsonb_build_object('action', action,
        'result', result, 'reason', reason, 'actor', actor, 'actorId', actor_id, 'ipAddress', ip_address) as data
      from audit_log where ${which} and at <= ${until} order by s_no desc limit ${OF_EACH})`,
  );
}
