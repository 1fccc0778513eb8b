import { eq, sql } from "drizzle-orm";
import type { JobHelpers } from "graphile-worker";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { enqueue } from "@/delivery/enqueue";
import { requestCode } from "@/flows/sign-in";
import { testDatabase } from "@/testing/database";
import { account, browser, freshEmail, freshPhone, identifierOf, phoneAccount } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import { deliverJob } from "./deliver";

testDatabase();

// The task reads only the job's number and the signal.
const helpers = { job: { id: "1" } } as unknown as JobHelpers;

async function askedFor(address: string): Promise<string> {
  expect(await requestCode(identifierOf(address), "live", browser())).toMatchObject({ ok: true });
  const [row] = await db().select().from(deliveries).where(eq(deliveries.recipient, address));
  if (!row) throw new Error("nothing was queued");
  return row.id;
}

/** The worker's own SQL statements for one message, without those of the fake provider. */
const statements = async (deliveryId: string) =>
  (await statementsOf(async () => deliverJob({ deliveryId }, helpers)))
    .filter((text) => !text.includes("inbox_messages"))
    .map((text) => text.replace(/"sent_at" = (now\(\)|"otp_verifications"."sent_at")/, '"sent_at" = ?'))
    // One statement settles the row of a delivery. Its columns differ.
    .map((text) => text.replace(/^(update "deliveries" set) .* (where)/, "$1 … $2").replace(/\$\d+/g, "?"));

test.each([
  ["mail", async () => [(await account("live")).email, freshEmail()]],
  ["text message", async () => [(await phoneAccount()).phone, freshPhone()]],
] as const)(
  "ENU-02: a decoy makes the worker run the same statements as a real %s, and leaves no trace",
  async (_kind, made) => {
    const [known = "", unknown = ""] = await made();
    const [real, decoy] = [await askedFor(known), await askedFor(unknown)];
    const ofReal = await statements(real);
    expect(await statements(decoy)).toEqual(ofReal);
    expect(ofReal.length).toBeGreaterThan(4);
    const [row] = await db().select().from(deliveries).where(eq(deliveries.id, decoy));
    expect(row).toMatchObject({
      decoy: true,
      state: "dropped",
      attempts: 0,
      provider: null,
      error: null,
      sentAt: null,
    });
    const sentAt = async (id: string) =>
      (await db().select({ sentAt: ledger.sentAt }).from(ledger).where(eq(ledger.deliveryId, id)))[0]?.sentAt;
    expect([await sentAt(real), await sentAt(decoy)]).toEqual([expect.any(Date), null]);
  },
);

test("THR-08: a decoy of a text-message notice uses nothing of the daily cap, and runs the statements of a real one", async () => {
  const day = async () => {
    const [row] = await db().execute<{
      day: number;
      kept: number;
    }>(sql`select coalesce((hits ->> 'day')::int, 0) as day,
      coalesce((hits ->> 'kept')::int, 0) as kept from limit_windows where key like 'sms-day %'`);
    return row ?? { day: 0, kept: 0 };
  };
  const told = (decoy: boolean) =>
    db().transaction((tx) =>
      enqueue(tx, {
        channel: "sms",
        to: freshPhone(),
        message: { template: "locked-out", props: { accountType: "live", token: "a".repeat(43) } },
        decoy,
        expiresInSeconds: 3600,
      }),
    );
  const before = await day();
  const ofDecoy = await statements(await told(true));
  expect(await day()).toEqual(before);
  expect(await statements(await told(false))).toEqual(ofDecoy);
  expect(await day()).toEqual({ ...before, day: before.day + 1 });
});
