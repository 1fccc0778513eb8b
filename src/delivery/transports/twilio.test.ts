import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { startTwilioStandIn, twilioAccount } from "@/testing/twilio-stand-in";
import { deliver } from "../deliver";
import { enqueue } from "../enqueue";
import { twilioTransport } from "./twilio";

testDatabase();
const twilio = await startTwilioStandIn();
Object.assign(process.env, {
  DELIVERY: "",
  TWILIO_ACCOUNT_SID: twilioAccount.sid,
  TWILIO_AUTH_TOKEN: twilioAccount.token,
  TWILIO_FROM: twilioAccount.from,
  TWILIO_BASE_URL: `${twilio.url}/`,
});
afterAll(() => twilio.stop());
beforeEach(() => {
  twilio.sent.length = 0;
  twilio.requests.length = 0;
});

const number = "+14155550134";
const ask = ({ to = number, code = "482913" } = {}) =>
  db().transaction((tx) =>
    enqueue(tx, {
      channel: "sms",
      to,
      message: { template: "code", props: { purpose: "sign-in", code, expiresInSeconds: 300 } },
      decoy: false,
      expiresInSeconds: 300,
    }),
  );

async function rowOf(id: string) {
  const [row] = await db().select().from(deliveries).where(eq(deliveries.id, id));
  return row;
}

test("sends the message with the code's life as its limit, and erases it", async () => {
  const id = await ask();
  expect(await deliver(id)).toMatchObject({ state: "sent", provider: "twilio" });
  const [sent, ...others] = twilio.sent;
  expect(others).toEqual([]);
  expect(sent).toMatchObject({ to: number, from: "+14155550100" });
  expect(sent?.body).toMatch(/^482913 is your Latchkey sign-in code\..*\n\n@localhost #482913$/s);
  expect(sent?.validitySeconds).toBeGreaterThan(290);
  expect(sent?.validitySeconds).toBeLessThanOrEqual(300);
  expect(twilio.requests).toEqual(["POST"]); // a first try does not look for an earlier message
  expect(await rowOf(id)).toMatchObject({ channel: "sms", state: "sent", providerId: sent?.sid, sealed: null });
});

test("a permanent refusal fails the delivery, erases the message and leaves no number in the error", async () => {
  const id = await ask({ to: "+15005550001" });
  expect(await deliver(id)).toMatchObject({ state: "failed", error: "twilio: 400 21211" });
  expect(await rowOf(id)).toMatchObject({ state: "failed", sealed: null, attempts: 1, sentAt: null });
  expect(await deliver(id)).toEqual({ state: "settled" });
});

test("a fault of Twilio leaves the delivery queued, and the next try sends", async () => {
  const id = await ask();
  twilio.failNext({ status: 500 });
  expect(await deliver(id)).toMatchObject({ state: "queued", error: "twilio: 500 20500" });
  expect((await rowOf(id))?.sealed).not.toBeNull();
  expect(await deliver(id)).toMatchObject({ state: "sent" });
  expect(twilio.sent).toHaveLength(1);
});

test.each(["<html>Welcome</html>", "{}", "null", ""])(
  "an answer of 200 with %j is not taken for success; the next try looks for the message first, then sends",
  async (body) => {
    const id = await ask();
    twilio.failNext({ status: 200, body });
    expect(await deliver(id)).toMatchObject({ state: "queued", error: "twilio: an answer without a sid" });
    expect((await rowOf(id))?.sealed).not.toBeNull();
    expect(await deliver(id)).toMatchObject({ state: "sent", providerId: twilio.sent[0]?.sid });
    expect(twilio.requests).toEqual(["POST", "GET", "POST"]);
    expect(twilio.sent).toHaveLength(1);
  },
);

test("the job waits as long as Twilio asks", async () => {
  const id = await ask();
  twilio.failNext({ status: 429, code: 20429, retryAfterSeconds: 90 });
  expect(await deliver(id)).toMatchObject({ state: "queued", retryAfterSeconds: 90 });
  const [job] = await db().execute(sql`
    select extract(epoch from run_at - now())::int as wait from graphile_worker.jobs where key = ${`deliver:${id}`}`);
  expect(job?.wait).toBeGreaterThan(85);
});

describe("without idempotency keys", () => {
  test("a message whose answer was lost is found and not sent again", async () => {
    const id = await ask();
    twilio.failNext("lose-answer");
    expect(await deliver(id)).toMatchObject({ state: "queued", error: "twilio: no answer" });
    expect(await deliver(id)).toMatchObject({ state: "sent" });
    expect(twilio.sent).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({ state: "sent", providerId: twilio.sent[0]?.sid });
  });

  test("a message whose worker died before it recorded the send is not sent again, even if others found Twilio down since", async () => {
    const id = await ask();
    const die = () => Promise.reject(new Error("killed"));
    await expect(deliver(id, { onSent: die })).rejects.toThrow("killed");
    expect(await rowOf(id)).toMatchObject({ state: "queued", attempts: 1 });
    for (let at = 0; at < 5; at += 1) {
      twilio.failNext({ status: 500 });
      await deliver(await ask({ to: "+14155550199" }));
    }
    expect(await deliver(id)).toMatchObject({ state: "queued", error: "the provider is down" });
    const later = performance.now() + 31_000;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => later);
    expect(await deliver(id)).toMatchObject({ state: "sent" });
    clock.mockRestore();
    expect(twilio.sent).toHaveLength(1);
  });

  test("only a message with the same words and newer than the delivery counts as sent", async () => {
    const [same, id] = [await ask(), await ask()];
    await deliver(same); // the same words, but an hour earlier
    for (const sms of twilio.sent) sms.date = new Date(Date.now() - 3_600_000);
    await deliver(await ask({ code: "071355" })); // the right time, but other words
    twilio.failNext("drop");
    expect(await deliver(id)).toMatchObject({ state: "queued" });
    expect(await deliver(id)).toMatchObject({ state: "sent" });
    expect(twilio.sent.map(({ body }) => body.slice(0, 6))).toEqual(["482913", "071355", "482913"]);
  });

  test("a message is not sent while the list fails for now, and is sent if the list is refused permanently", async () => {
    const id = await ask();
    twilio.failNext("drop", { status: 503 });
    await deliver(id);
    expect(await deliver(id)).toMatchObject({ state: "queued", error: "twilio: 503 20500" });
    expect(twilio.sent).toEqual([]);
    twilio.failNext({ status: 403, code: 20403 });
    expect(await deliver(id)).toMatchObject({ state: "sent" });
    expect(twilio.requests).toEqual(["POST", "GET", "GET", "POST"]);
  });
});

const settings = { kind: "twilio", accountSid: twilioAccount.sid, authToken: twilioAccount.token } as const;
const send = (change: { from?: string; authToken?: string; baseUrl?: string } = {}, ms = 5000) =>
  twilioTransport({ ...settings, from: twilioAccount.from, baseUrl: twilio.url, ...change }).send(
    { to: number, text: "t" },
    { idempotencyKey: "-", signal: AbortSignal.timeout(ms), expiresInSeconds: 100_000, triedSince: null },
  );

test.each([
  [{ status: 400, code: 21211 }, true],
  [{ status: 400, code: 21611 }, false],
  [{ status: 401 }, true],
  [{ status: 403 }, true],
  [{ status: 404 }, true],
  [{ status: 408 }, false],
  [{ status: 429 }, false],
  [{ status: 500 }, false],
  [{ status: 503 }, false],
  [{ status: 307 }, false],
  ["drop" as const, false],
])("an answer of %j is permanent: %s", async (fault, permanent) => {
  twilio.failNext(fault);
  expect(await send()).toMatchObject({ ok: false, permanent });
});

test("a send to a provider that hangs or is not there is given up", async () => {
  twilio.failNext("hang");
  const silence = { ok: false, permanent: false, error: "twilio: no answer" };
  expect(await send({}, 200)).toEqual(silence);
  expect(await send({ baseUrl: "http://127.0.0.1:1" })).toEqual(silence);
});

test("wrong credentials are a permanent refusal", async () => {
  expect(await send({ authToken: "wrong" })).toMatchObject({ permanent: true, error: "twilio: 401 20003" });
});

test("a messaging service can be the sender, and the life asked for never exceeds Twilio's limit", async () => {
  const service = `MG${"0".repeat(32)}`;
  expect(await send({ from: service })).toMatchObject({ ok: true });
  expect(twilio.sent).toMatchObject([{ from: service, validitySeconds: 36_000 }]);
});
