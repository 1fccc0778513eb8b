import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { type IdCursor, parseIdCursor } from "./cursor";
import { operations } from "./operations";
import { listDeliveries } from "./story";

testDatabase();

async function pagesOf(filter: Parameters<typeof listDeliveries>[1]): Promise<string[]> {
  const seen: string[] = [];
  let cursor: IdCursor | null = null;
  do {
    const page: Awaited<ReturnType<typeof listDeliveries>> = await listDeliveries(db(), filter, cursor);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor === null ? null : parseIdCursor(page.nextCursor);
  } while (cursor);
  return seen;
}

test("messages with one time all appear on the pages, each once", async () => {
  await db().execute(sql`insert into deliveries (channel, template, recipient, expires_at)
    select 'email', 'notice', 'a@example.com', now() from generate_series(1, 120)`);
  const seen = await pagesOf({});
  expect(seen).toHaveLength(120);
  expect(new Set(seen).size).toBe(120);
});

test("the dashboard counts the messages of 24 hours that its link lists", async () => {
  await db().execute(sql`insert into deliveries (channel, template, recipient, expires_at, created_at, state)
    select 'sms', 'code', '+14155550100', now(), now() - n * interval '1 hour', 'failed' from generate_series(1, 47) n`);
  const { asOf, deliveries } = await operations(db());
  const counted = deliveries.find(({ channel }) => channel === "sms");
  const from = new Date(Date.parse(asOf) - 86_400_000);
  expect(await pagesOf({ state: "failed", channel: "sms", from })).toHaveLength(counted?.failed ?? 0);
  expect(counted?.failed).toBeLessThan(25);
});
