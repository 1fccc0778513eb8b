import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { testSettings } from "@/testing/settings";
import { septets, toGsm } from "./gsm";
import { isTextMessage } from "./messages";
import { sampleMessages } from "./samples";

/** Loads the module with these settings. A process reads its settings once. */
async function withSettings(settings: Record<string, string>) {
  vi.resetModules();
  testSettings({
    APP_NAME: "Latchkey",
    BASE_URL: "https://id.example.com",
    RESEND_API_KEY: "re_1",
    DELIVERY: "",
    ...settings,
  });
  return import("./sms");
}

const texts = sampleMessages().filter(isTextMessage);
const codes = texts.filter(({ template }) => template === "code");
/** Messages that end with a link. */
const linked = ["locked-out", "codes-closed"];
const TOKEN = "Zm9yIGxvb2tpbmcgYXQsIG5vdCBmb3Igb3BlbmluZyE";
const signIn = { template: "code", props: { purpose: "sign-in", code: "482913", expiresInSeconds: 300 } } as const;

test("a code's message names its purpose and its life, and ends with the line for the browser", async () => {
  const { renderSms } = await withSettings({});
  expect(renderSms(signIn)).toBe(
    "482913 is your Latchkey sign-in code. It works for 5 minutes. Never share it.\n\n@id.example.com #482913",
  );
});

describe.each(
  texts.map((message) => [message.template === "code" ? message.props.purpose : message.template, message] as const),
)("%s", (_name, message) => {
  test.each([
    ["a short name", "Latchkey"],
    ["a long name", "The Municipal Library of Greater Example"],
    ["a long name, two septets a letter", "[The_Municipal_Library]{of}~Greater~Exa}"],
    ["a name in no letter of the alphabet", "Ключница"],
    ["an accented name", "Žižkovská Œuvre – “Łódź” 🗝"],
  ])("is one GSM-7 message with %s, and its only page address is a link", async (_case, appName) => {
    const { renderSms } = await withSettings({ APP_NAME: appName });
    const text = renderSms(message);
    expect(septets(text)).toBeLessThanOrEqual(160);
    const isLinked = linked.includes(message.template);
    expect(isLinked ? text.replace(`https://id.example.com/device?token=${TOKEN}`, "") : text).not.toMatch(
      /https?:|www\.|undefined|\[object| {2}/,
    );
    expect(text).toBe(text.trim());
    expect(text.split("\n")).toHaveLength(message.template === "code" ? 3 : isLinked ? 2 : 1);
  });
});

describe("the line for the browser (DEL-06)", () => {
  test.each([
    ["https://id.example.com", "id.example.com"],
    ["https://id.example.com:8443", "id.example.com"],
    ["https://schlüssel.example", "xn--schlssel-95a.example"],
    ["http://localhost:3000", "localhost"],
  ])("for %s is bound to %s when parsed as the specification says", async (baseUrl, host) => {
    const { renderSms } = await withSettings({ BASE_URL: baseUrl });
    for (const message of codes)
      if (message.template === "code")
        expect(parse(renderSms(message))).toEqual({ host, code: message.props.code, embedded: null });
  });

  test("stands in the message for every name, host and code", async () => {
    const letters = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,40}$/);
    await fc.assert(
      fc.asyncProperty(letters, label, label, fc.stringMatching(/^\d{6,10}$/), async (name, one, other, code) => {
        fc.pre(name.trim() !== "");
        const { renderSms } = await withSettings({ APP_NAME: name, BASE_URL: `https://${one}.${other}.example` });
        const text = renderSms({ template: "code", props: { ...signIn.props, purpose: "password-reset", code } });
        expect(parse(text)).toEqual({ host: `${one}.${other}.example`, code, embedded: null });
        expect(septets(text)).toBeLessThanOrEqual(160);
      }),
      { numRuns: 50 },
    );
  });

  test("is left out where the host would fill the message; the words stay", async () => {
    const host = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.example`;
    const { renderSms } = await withSettings({ BASE_URL: `https://${host}` });
    for (const message of texts) expect(septets(renderSms(message))).toBeLessThanOrEqual(160);
    expect(renderSms(signIn)).toBe("482913 is your Latchkey sign-in code. It works for 5 minutes. Never share it.");
  });

  test("is refused by the parser of this test where a browser would refuse it", () => {
    for (const text of [
      "@a.example #1\n",
      "x @a.example #1",
      "@a.example  #1",
      "@a.example code #1",
      "#1 @a.example",
      "@ #1",
    ])
      expect(parse(text)).toBeNull();
  });
});

describe.each(linked)("%s ends with its link", (template) => {
  const message = texts.find((text) => text.template === template) ?? signIn;

  test.each([
    "http://localhost:3000",
    "https://id.example.com",
    `https://${"sign-in.".repeat(6)}example.com`,
    // This is the longest host whose link fits one message.
    `https://${"a".repeat(63)}.${"b".repeat(27)}.com`,
  ])("whole and on a line of its own: %s", async (baseUrl) => {
    const { renderSms } = await withSettings({ BASE_URL: baseUrl });
    const text = renderSms(message);
    expect(text.split("\n").at(-1)).toBe(`${baseUrl}/device?token=${TOKEN}`);
    expect(septets(text)).toBeLessThanOrEqual(160);
  });

  test("or has no link where a host leaves no room for it; the words stay", async () => {
    const { renderSms } = await withSettings({ BASE_URL: `https://${"a".repeat(60)}.${"b".repeat(60)}.example` });
    const text = renderSms(message);
    expect(text).not.toMatch(/https?:|device/);
    expect(text).toMatch(/wrong/);
  });
});

test("a shortened name still shows the sender", async () => {
  const { renderSms } = await withSettings({
    APP_NAME: "The Municipal Library of Greater Example",
    BASE_URL: `https://${"sign-in.".repeat(6)}example.com`,
  });
  expect(renderSms(signIn)).toMatch(/^482913 is your The M[\w ]*\.\.\. sign-in code\./);
});

test.each([
  ["Zürich £5 @ 9¿", "Zürich £5 @ 9¿", 14],
  ["[5€]", "[5€]", 7],
  ["Łódź’s “key”…", 'Lodz\'s "key"...', 15],
  ["ｆｕｌｌ ﬁne", "full fine", 9],
  ["a\u00a0b\tc", "a b c", 5],
  ["🗝 ключ 鍵", "  ", 2],
])("%j is written as %j, %i septets long", (text, spelt, length) => {
  expect(toGsm(text)).toBe(spelt);
  expect(septets(spelt)).toBe(length);
});

test("a text with characters outside the alphabet has no length", () => {
  expect(septets("ключ")).toBeNaN();
});

/** "Parse an origin-bound one-time code message", step by step (WICG, sms-one-time-codes, 3.2). */
function parse(message: string): { host: string; code: string; embedded: string | null } | null {
  const line = message.replace(/\r\n?/g, "\n").split("\n").at(-1) ?? "";
  let position = 0;
  const markedToken = (marker: string) => {
    if (line[position] !== marker) return null;
    position += 1;
    const token = /^[^\t\n\f\r ]*/.exec(line.slice(position))?.[0] ?? "";
    position += token.length;
    return token || null;
  };
  const host = markedToken("@");
  if (host === null || line[position] !== " ") return null;
  position += 1;
  const code = markedToken("#");
  if (code === null) return null;
  let embedded: string | null = null;
  if (line[position] === " ") {
    position += 1;
    embedded = markedToken("%");
  }
  return { host, code, embedded };
}
