import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { deliver } from "./deliver";
import { enqueue } from "./enqueue";

testDatabase();
// No server listens at this port.
Object.assign(process.env, { DELIVERY: "resend", RESEND_API_KEY: "re_test", RESEND_BASE_URL: "http://127.0.0.1:9" });

const message = { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } } as const;
const ask = () =>
  db().transaction((tx) =>
    enqueue(tx, { channel: "email", to: "ada@example.com", message, decoy: false, expiresInSeconds: 600 }),
  );

test("a message waits in the queue while its provider is down, and the breaker stops the asks (DEL-03)", async () => {
  for (let tries = 0; tries < 5; tries += 1)
    expect(await deliver(await ask())).toMatchObject({ state: "queued", provider: "resend", retryAfterSeconds: null });
  const id = await ask();
  expect(await deliver(id)).toMatchObject({ state: "queued", provider: null, error: "the provider is down" });
  const [row] = await db().select().from(deliveries).where(eq(deliveries.id, id));
  expect(row).toMatchObject({ state: "queued", attempts: 0 });
  expect(row?.sealed).not.toBeNull();
});
