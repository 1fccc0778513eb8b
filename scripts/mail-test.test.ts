import { execFile } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { readInbox } from "@/delivery/inbox";
import { testDatabase } from "@/testing/database";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { startTwilioStandIn, twilioAccount } from "@/testing/twilio-stand-in";

testDatabase();
const [resend, twilio] = [await startResendStandIn(), await startTwilioStandIn()];
afterAll(() => Promise.all([resend.stop(), twilio.stop()]));

const byResend = { DELIVERY: "resend", RESEND_API_KEY: "re_test", RESEND_BASE_URL: resend.url };
const byTwilio = {
  ...byResend,
  TWILIO_ACCOUNT_SID: twilioAccount.sid,
  TWILIO_AUTH_TOKEN: twilioAccount.token,
  TWILIO_FROM: twilioAccount.from,
  TWILIO_BASE_URL: twilio.url,
};

/** Runs `npm run mail:test -- …args` with these settings; returns its exit code and its output. */
function mailTest(args: string[], settings: Record<string, string> = {}): Promise<{ status: number; said: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...settings };
    const child = execFile(process.execPath, ["scripts/mail-test.mjs", ...args], { env }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });
}

test.each([[[]], [["ada"]], [["555 0134"]], [["ada@example.com", "eve@example.com"]]])(
  "%j is nobody to write to: it says what to type",
  async (args) => {
    const { status, said } = await mailTest(args);
    expect(status).toBe(1);
    expect(said).toMatch(/npm run mail:test -- ada@example\.com.*\n$/);
    expect(said.trim().split("\n")).toHaveLength(1);
  },
);

test("a test mail prints the provider's answer in one line", async () => {
  const { status, said } = await mailTest(["ada@example.com"], byResend);
  expect(resend.sent).toMatchObject([{ to: ["ada@example.com"], subject: "A test message from Latchkey" }]);
  expect(said).toBe(`resend took the test message to ada@example.com, as ${resend.sent[0]?.id}.\n`);
  expect(status).toBe(0);
});

test("a refused test mail prints the provider's words and exits with 1", async () => {
  const { status, said } = await mailTest(["ada@invalid.example"], byResend);
  expect(said).toBe(
    "The test message to ada@invalid.example was not taken. resend: 422 validation_error, Invalid `to` field: ada@invalid.example\n",
  );
  expect(status).toBe(1);
});

test("a test text message needs an SMS provider, and prints its answer", async () => {
  const { status, said } = await mailTest(["+14155550134"], byTwilio);
  expect(twilio.sent).toMatchObject([
    { to: "+14155550134", body: "You can read this, so messages of Latchkey reach you." },
  ]);
  expect(said).toBe(`twilio took the test message to +14155550134, as ${twilio.sent[0]?.sid}.\n`);
  expect(status).toBe(0);
  expect(await mailTest(["+14155550134"], byResend)).toEqual({
    status: 1,
    said: "No SMS provider is set: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM.\n",
  });
});

test("the inbox shows a test message by mail and by text message", async () => {
  for (const to of ["ada@example.com", "+14155550134"]) {
    const { status, said } = await mailTest([to]);
    expect(said).toBe(`The inbox has the test message to ${to}: see /dev/inbox. Nothing was sent.\n`);
    expect(status).toBe(0);
  }
  expect((await readInbox()).map(({ channel, to }) => [channel, to])).toEqual([
    ["sms", "+14155550134"],
    ["email", "ada@example.com"],
  ]);
});

test("wrong settings are printed, one fault in a line", async () => {
  const { status, said } = await mailTest(["ada@example.com"], { DELIVERY: "pigeon" });
  expect(said).toContain("DELIVERY: must be resend, smtp or inbox");
  expect(status).toBe(1);
});
