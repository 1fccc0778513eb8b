import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { deliver } from "../deliver";
import { enqueue } from "../enqueue";
import { resendTransport } from "./resend";

testDatabase();
const resend = await startResendStandIn();
Object.assign(process.env, {
  DELIVERY: "resend",
  RESEND_API_KEY: "re_test",
  RESEND_BASE_URL: `${resend.url}/`,
  FROM_EMAIL: "no-reply@example.com",
  FROM_NAME: 'The "Lock", Ltd.',
});
afterAll(() => resend.stop());
beforeEach(() => {
  resend.sent.length = 0;
  resend.keys.length = 0;
});

const ask = (to = "ada@example.com") =>
  db().transaction((tx) =>
    enqueue(tx, {
      channel: "email",
      to,
      message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
      decoy: false,
      expiresInSeconds: 600,
    }),
  );

async function rowOf(id: string) {
  const [row] = await db().select().from(deliveries).where(eq(deliveries.id, id));
  return row;
}

const options = (ms = 5000) => ({
  idempotencyKey: crypto.randomUUID(),
  signal: AbortSignal.timeout(ms),
  expiresInSeconds: 600,
  triedSince: null,
});
const mail = { to: "ada@example.com", subject: "s", html: "<p>h</p>", text: "t" };

test("sends the whole message with the delivery's id as its key", async () => {
  const id = await ask();
  expect(await deliver(id)).toMatchObject({ state: "sent", provider: "resend" });
  const [sent, ...others] = resend.sent;
  expect(others).toEqual([]);
  expect(sent).toMatchObject({
    idempotencyKey: id,
    from: '"The \\"Lock\\", Ltd." <no-reply@example.com>',
    to: ["ada@example.com"],
    headers: { "Auto-Submitted": "auto-generated" },
  });
  expect(sent?.text).toContain("482913");
  expect(sent?.html).toContain("482913");
  expect(await rowOf(id)).toMatchObject({ state: "sent", provider: "resend", providerId: sent?.id, sealed: null });
});

test("a permanent refusal fails the delivery, erases the message and leaves no address in the error", async () => {
  const id = await ask("ada@invalid.example");
  expect(await deliver(id)).toMatchObject({ state: "failed", error: "resend: 422 validation_error" });
  expect(await rowOf(id)).toMatchObject({
    state: "failed",
    error: "resend: 422 validation_error",
    sealed: null,
    attempts: 1,
    sentAt: null,
  });
  expect(await deliver(id)).toEqual({ state: "settled" });
  expect(resend.keys).toEqual([id]);
});

test("a fault of the provider leaves the delivery queued; the next try has the same key and sends once", async () => {
  const id = await ask();
  resend.failNext({ status: 500, name: "internal_server_error" });
  expect(await deliver(id)).toMatchObject({ state: "queued", retryAfterSeconds: null });
  const between = await rowOf(id);
  expect(between).toMatchObject({ state: "queued", attempts: 1, error: "resend: 500 internal_server_error" });
  expect(between?.sealed).not.toBeNull();
  expect(await deliver(id)).toMatchObject({ state: "sent" });
  expect(await rowOf(id)).toMatchObject({ state: "sent", attempts: 2, error: null });
  expect(resend.keys).toEqual([id, id]);
  expect(resend.sent).toHaveLength(1);
});

test("a lost answer does not send the message twice", async () => {
  const id = await ask();
  resend.failNext("lose-answer");
  expect(await deliver(id)).toMatchObject({ state: "queued", error: "resend: no answer" });
  expect(resend.sent).toHaveLength(1);
  expect(await deliver(id)).toMatchObject({ state: "sent" });
  expect(resend.sent).toHaveLength(1);
  expect(await rowOf(id)).toMatchObject({ providerId: resend.sent[0]?.id });
});

test("the job waits as long as the provider asks", async () => {
  const id = await ask();
  resend.failNext({ status: 429, name: "rate_limit_exceeded", retryAfterSeconds: 120 });
  expect(await deliver(id)).toMatchObject({ state: "queued", retryAfterSeconds: 120 });
  const [job, ...others] = await db().execute(sql`
    select extract(epoch from run_at - now())::int as wait from graphile_worker.jobs where key = ${`deliver:${id}`}`);
  expect(others).toEqual([]);
  expect(job?.wait).toBeGreaterThan(115);
  expect(job?.wait).toBeLessThanOrEqual(120);
});

test("the running job ends and a new one waits, even if its worker was counted as dead", async () => {
  const id = await ask();
  const jobs = () => db().execute(sql`select id from graphile_worker.jobs where key = ${`deliver:${id}`}`);
  const [tried] = await jobs();
  resend.failNext({ status: 429, name: "rate_limit_exceeded", retryAfterSeconds: 120 });
  expect(await deliver(id)).toMatchObject({ state: "queued", retryAfterSeconds: 120 });
  const [next, ...others] = await jobs();
  expect(others).toEqual([]);
  expect(next?.id).toBeDefined();
  expect(next?.id).not.toBe(tried?.id);
});

test.each([
  [{ status: 400, name: "validation_error" }, true],
  [{ status: 401, name: "invalid_api_key" }, true],
  [{ status: 403, name: "validation_error" }, true],
  [{ status: 409, name: "invalid_idempotent_request" }, true],
  [{ status: 409, name: "concurrent_idempotent_requests" }, false],
  [{ status: 408 }, false],
  [{ status: 429, name: "daily_quota_exceeded" }, false],
  [{ status: 500 }, false],
  [{ status: 503 }, false],
  ["drop" as const, false],
])("an answer of %j is permanent: %s", async (fault, permanent) => {
  resend.failNext(fault);
  expect(await resendTransport().send(mail, options())).toMatchObject({ ok: false, permanent });
});

test.each([
  [200, "null"],
  [200, "{}"],
  [200, "[]"],
  [200, '{"object":"list","data":[]}'],
  [500, "null"],
  [500, "0"],
  [500, '""'],
  [301, ""],
  [302, ""],
  [307, ""],
])(
  "an answer of %s with %s is not taken for success, and the next try sends under the same key",
  async (status, body) => {
    const id = await ask();
    resend.failNext({ status, body });
    expect(await deliver(id)).toMatchObject({ state: "queued" });
    expect(resend.sent).toEqual([]);
    expect(await deliver(id)).toMatchObject({ state: "sent", providerId: resend.sent[0]?.id });
    expect(resend.keys).toEqual([id, id]);
    expect(resend.sent).toHaveLength(1);
  },
);

test("a try that still runs under the same key does not open the breaker (DEL-03)", async () => {
  for (let at = 0; at < 5; at += 1) {
    resend.failNext({ status: 409, name: "concurrent_idempotent_requests" });
    expect(await deliver(await ask())).toMatchObject({ state: "queued" });
  }
  expect(await deliver(await ask())).toMatchObject({ state: "sent" });
});

test("a provider that asks for a wait does not open the breaker (DEL-03)", async () => {
  for (let at = 0; at < 5; at += 1) {
    resend.failNext({ status: 429, name: "rate_limit_exceeded" });
    expect(await deliver(await ask())).toMatchObject({ state: "queued" });
  }
  expect(await deliver(await ask())).toMatchObject({ state: "sent" });
});

test("tries that the app's stop cut short do not open the breaker (DEL-03)", async () => {
  for (let at = 0; at < 5; at += 1) {
    resend.failNext("hang");
    const stop = new AbortController();
    const trying = deliver(await ask(), { signal: stop.signal });
    await vi.waitFor(() => expect(resend.keys).toHaveLength(at + 1), { timeout: 5000 });
    stop.abort();
    expect(await trying).toMatchObject({ state: "queued", error: "resend: no answer" });
  }
  expect(await deliver(await ask())).toMatchObject({ state: "sent" });
});

test("a send to a hanging provider ends at the signal", async () => {
  resend.failNext("hang");
  const started = performance.now();
  expect(await resendTransport().send(mail, options(200))).toMatchObject({
    ok: false,
    permanent: false,
    error: "resend: no answer",
  });
  expect(performance.now() - started).toBeLessThan(5000);
});

test("a try waits ten seconds at most for the provider", async () => {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const patience = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / 100));
  const id = await ask();
  resend.failNext("hang");
  expect(await deliver(id)).toMatchObject({ state: "queued", error: "resend: no answer" });
  expect(patience).toHaveBeenCalledWith(10_000);
  patience.mockRestore();
});

test("a try ends with the message's life", async () => {
  const id = await ask();
  await db().update(deliveries).set({ expiresAt: sql`now() + interval '2 seconds'` }).where(eq(deliveries.id, id));
  resend.failNext("hang");
  const started = performance.now();
  expect(await deliver(id)).toMatchObject({ state: "queued", error: "resend: no answer" });
  expect(performance.now() - started).toBeLessThan(8000);
});

test("a delivery that is stopped during a try stays queued", async () => {
  const id = await ask();
  resend.failNext("hang");
  const started = performance.now();
  expect(await deliver(id, { signal: AbortSignal.timeout(100) })).toMatchObject({ state: "queued" });
  expect(performance.now() - started).toBeLessThan(5000);
  expect(await rowOf(id)).toMatchObject({ state: "queued", attempts: 1 });
});

// This test is the last because it leaves the breaker open.
test("a 503 with a wait counts as a failure, and is retried no sooner than by the queue's back-off (DEL-03)", async () => {
  await deliver(await ask()); // a success, so that the count of failures starts at zero
  const id = await ask();
  const waits = [];
  for (let at = 0; at < 5; at += 1) {
    resend.failNext({ status: 503, retryAfterSeconds: at === 3 ? 90 : 0 });
    const outcome = await deliver(id);
    waits.push("retryAfterSeconds" in outcome && outcome.retryAfterSeconds);
  }
  expect(waits).toEqual([3, 8, 21, 90, 149]);
  expect(await deliver(await ask())).toMatchObject({ state: "queued", error: "the provider is down" });
});
