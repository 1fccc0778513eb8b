import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { isForgotten } from "@/keys";
import { log } from "@/log";
import { testDatabase } from "@/testing/database";
import { deliver } from "./deliver";
import { enqueue, type NewDelivery } from "./enqueue";
import { readInbox, sweepInbox } from "./inbox";
import { sweepQueued } from "./old-deliveries";
import { seal } from "./seal";
import { en } from "./words/en";

testDatabase();

const asked: NewDelivery = {
  channel: "email",
  to: "ada@example.com",
  message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
  decoy: false,
  expiresInSeconds: 600,
};

const ask = (change: Partial<NewDelivery> = {}) => db().transaction((tx) => enqueue(tx, { ...asked, ...change }));

const sweep = async () => ({ inboxMessages: await sweepInbox(db()), deliveries: await sweepQueued(db()) });

async function rowOf(id: string) {
  const [row] = await db().select().from(deliveries).where(eq(deliveries.id, id));
  return row;
}

async function waitingForLocks(): Promise<number> {
  const waiting = await db().execute(sql`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  return waiting.length;
}

beforeEach(async () => {
  await db().delete(deliveries); // deletes the inbox's rows too
});

describe("delivering", () => {
  test("sends the message, records the send and erases the sealed text (DAT-03)", async () => {
    const id = await ask();
    expect(await deliver(id)).toMatchObject({ state: "sent", provider: "inbox", recipient: "ada@example.com" });
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "sent", provider: "inbox", error: null, sealed: null, attempts: 1 });
    expect(row?.sentAt).toBeInstanceOf(Date);
    const [message, ...others] = await readInbox();
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      id,
      channel: "email",
      to: "ada@example.com",
      subject: "Your Latchkey sign-up code",
    });
    expect(message?.text).toContain("482913");
    expect(message?.html).toContain("482913");
    expect(message?.createdAt).toBeInstanceOf(Date);
  });

  test("sends a text message without subject and HTML", async () => {
    const id = await ask({ channel: "sms", to: "+14155550134" });
    expect(await deliver(id)).toMatchObject({ state: "sent", provider: "inbox" });
    expect(await readInbox()).toMatchObject([
      { id, channel: "sms", to: "+14155550134", subject: null, html: null, text: expect.stringMatching(/#482913$/) },
    ]);
  });

  test("fails a message that has no text for SMS (the compiler refuses it too)", async () => {
    const props = { token: "A".repeat(43), expiresInSeconds: 900 };
    // @ts-expect-error A link goes by email only.
    const id = await ask({ channel: "sms", message: { template: "reset-link", props } });
    expect(await deliver(id)).toMatchObject({ state: "failed", error: "there is no way to send it", provider: null });
    expect(await rowOf(id)).toMatchObject({ state: "failed", sealed: null });
  });

  test("fails a message that does not render, without a retry", async () => {
    const id = await ask();
    const words = vi.spyOn(en.mail, "code").mockImplementation(() => {
      throw new Error("a word is missing");
    });
    expect(await deliver(id)).toMatchObject({ state: "failed", error: "the message does not render" });
    words.mockRestore();
    expect(await rowOf(id)).toMatchObject({ state: "failed", sealed: null, attempts: 0 });
  });

  test("drops a decoy, unsent and erased", async () => {
    const id = await ask({ decoy: true });
    expect(await deliver(id)).toMatchObject({ state: "dropped", provider: null, error: null });
    expect(await rowOf(id)).toMatchObject({
      state: "dropped",
      sealed: null,
      sentAt: null,
      provider: null,
      attempts: 0,
    });
    expect(await readInbox()).toEqual([]);
  });

  test("drops a message that has expired by PostgreSQL's clock, unsent and erased (DEL-02)", async () => {
    const id = await ask();
    await db().update(deliveries).set({ expiresAt: sql`now()` }).where(eq(deliveries.id, id));
    expect(await deliver(id)).toMatchObject({ state: "dropped", error: "expired" });
    expect(await rowOf(id)).toMatchObject({ state: "dropped", sealed: null, error: "expired", attempts: 0 });
    expect(await readInbox()).toEqual([]);
  });

  test("drops a message whose code or link has ended, unsent and erased", async () => {
    const id = await ask();
    expect(await deliver(id, { isEnded: async (asked) => asked === id })).toMatchObject({ state: "dropped" });
    expect(await rowOf(id)).toMatchObject({ state: "dropped", sealed: null, error: "superseded", attempts: 0 });
    expect(await readInbox()).toEqual([]);
  });

  test("fails a message whose recipient was changed in the database, and sends it to nobody", async () => {
    const id = await ask();
    await db().update(deliveries).set({ recipient: "mallory@example.com" }).where(eq(deliveries.id, id));
    expect(await deliver(id)).toMatchObject({ state: "failed", error: "the sealed message does not open" });
    expect(await readInbox()).toEqual([]);
  });

  test("fails a message that was moved from another row", async () => {
    const [one, other] = [await ask(), await ask({ to: "eve@example.com" })];
    const theirs = (await rowOf(one))?.sealed;
    await db()
      .update(deliveries)
      .set({ sealed: theirs ?? null })
      .where(eq(deliveries.id, other));
    expect(await deliver(other)).toMatchObject({ state: "failed" });
    expect(await rowOf(other)).toMatchObject({
      state: "failed",
      sealed: null,
      error: "the sealed message does not open",
    });
    expect(await readInbox()).toEqual([]);
  });

  test("fails a message that opens but has an unknown template", async () => {
    const id = await ask();
    const sealed = seal(
      JSON.stringify({ template: "code", props: { purpose: "sign-up", code: "<b>" } }),
      `delivery:${id}`,
    );
    await db().update(deliveries).set({ sealed }).where(eq(deliveries.id, id));
    expect(await deliver(id)).toMatchObject({ state: "failed" });
    expect(await readInbox()).toEqual([]);
  });

  test("twice, or four times at once, sends once and settles once", async () => {
    const id = await ask();
    // The lock holds all four until each has found the row queued and has sent the message.
    let racing: ReturnType<typeof deliver>[] = [];
    await db().transaction(async (tx) => {
      await tx.execute(sql`lock table inbox_messages in access exclusive mode`);
      racing = [deliver(id), deliver(id), deliver(id), deliver(id)];
      await vi.waitFor(async () => expect(await waitingForLocks()).toBe(4), { timeout: 5000 });
    });
    const outcomes = await Promise.all(racing);
    expect(outcomes.filter(({ state }) => state === "sent")).toHaveLength(1);
    expect(outcomes.filter(({ state }) => state === "settled")).toHaveLength(3);
    const first = await rowOf(id);
    expect(first?.attempts).toBe(4);
    expect(await deliver(id)).toEqual({ state: "settled" });
    expect(await rowOf(id)).toEqual(first);
    expect(await readInbox()).toHaveLength(1);
  });

  test("asks no provider if the delivery was settled during the preparation", async () => {
    const id = await ask();
    let racing: ReturnType<typeof deliver> | undefined;
    await db().transaction(async (tx) => {
      await tx.update(deliveries).set({ state: "dropped", sealed: null }).where(eq(deliveries.id, id));
      racing = deliver(id);
      await vi.waitFor(async () => expect(await waitingForLocks()).toBe(1), { timeout: 5000 });
    });
    expect(await racing).toEqual({ state: "settled" });
    expect(await readInbox()).toEqual([]);
  });

  test("shows a message once in the inbox if an earlier try sent it but could not record it", async () => {
    const id = await ask();
    const queued = await rowOf(id);
    await deliver(id);
    await db()
      .update(deliveries)
      .set({ state: "queued", sealed: queued?.sealed ?? null })
      .where(eq(deliveries.id, id));
    expect(await deliver(id)).toMatchObject({ state: "sent" });
    expect(await readInbox()).toHaveLength(1);
  });

  test("of an unknown id returns absent", async () => {
    expect(await deliver("00000000-0000-4000-8000-000000000000")).toEqual({ state: "absent" });
  });
});

describe("the inbox", () => {
  test("shows the last 24 hours, newest first, without messages that no key opens", async () => {
    const ids = [];
    for (const [hours, minutes] of [
      [0, 5],
      [0, 1],
      [23, 59],
      [24, 1],
    ]) {
      const id = await ask();
      await deliver(id);
      await db()
        .update(inboxMessages)
        .set({ createdAt: sql`now() - make_interval(hours => ${hours}, mins => ${minutes})` })
        .where(eq(inboxMessages.id, id));
      ids.push(id);
    }
    expect((await readInbox()).map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2]]);
    await db()
      .update(inboxMessages)
      .set({ sealed: "00000000.AAAA" })
      .where(eq(inboxMessages.id, ids[0] ?? ""));
    expect((await readInbox()).map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  });

  test("shows the other messages if another release wrote one, and logs nothing of its content", async () => {
    await db().delete(inboxMessages);
    const ids = [await ask(), await ask(), await ask()];
    for (const id of ids) await deliver(id);
    const [push = "", prose = ""] = ids;
    for (const [id, content] of [
      [push, '{"channel":"push"}'],
      [prose, "Your code is 482913"],
    ] as const)
      await db()
        .update(inboxMessages)
        .set({ sealed: seal(content, `inbox:${id}`) })
        .where(eq(inboxMessages.id, id));
    const warn = vi.spyOn(log(), "warn");
    expect((await readInbox()).map(({ id }) => id)).toEqual([ids[2]]);
    expect(warn.mock.calls).toHaveLength(2);
    expect(warn.mock.calls).toContainEqual([{ event: "inbox.unreadable", id: prose }]);
    warn.mockRestore();
  });

  test("stores no code in clear", async () => {
    await deliver(await ask());
    expect(JSON.stringify(await db().select().from(inboxMessages))).not.toContain("482913");
  });
});

describe("sweeping", () => {
  test("deletes inbox messages after 24 hours and drops expired queued deliveries", async () => {
    const [old, recent, stuck, waiting] = [await ask(), await ask(), await ask(), await ask()];
    for (const id of [old, recent]) await deliver(id);
    await db()
      .update(inboxMessages)
      .set({ createdAt: sql`now() - interval '24 hours 1 minute'` })
      .where(eq(inboxMessages.id, old));
    await db()
      .update(deliveries)
      .set({ expiresAt: sql`now() - interval '61 minutes'` })
      .where(eq(deliveries.id, stuck));
    expect(await sweep()).toEqual({ inboxMessages: 1, deliveries: 1 });
    expect((await db().select({ id: inboxMessages.id }).from(inboxMessages)).map(({ id }) => id)).toEqual([recent]);
    expect(await rowOf(stuck)).toMatchObject({ state: "dropped", sealed: null, error: "expired" });
    expect(await rowOf(waiting)).toMatchObject({ state: "queued" });
    expect((await rowOf(waiting))?.sealed).not.toBeNull();
    expect(await sweep()).toEqual({ inboxMessages: 0, deliveries: 0 });
  });

  test("forgets the recipient of the last message to a deleted account, also if it was never sent (DAT-04)", async () => {
    const last = await ask({ message: { template: "account-deleted", props: {} } });
    const other = await ask({ message: { template: "password-changed", props: {} } });
    await db().update(deliveries).set({ expiresAt: sql`now() - interval '61 minutes'` });
    expect(await sweep()).toEqual({ inboxMessages: 0, deliveries: 2 });
    expect(isForgotten((await rowOf(last))?.recipient ?? "")).toBe(true);
    expect(await rowOf(other)).toMatchObject({ recipient: "ada@example.com" });
  });
});
