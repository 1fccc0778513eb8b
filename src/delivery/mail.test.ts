import { describe, expect, test } from "vitest";
import { testSettings } from "@/testing/settings";
import { renderMail } from "./mail";
import { codePurposes, messageSchema, type OpenedMessage } from "./messages";
import { sampleMessages } from "./samples";
import { en } from "./words/en";

const appName = `L<b>"&'tch`;
testSettings({ APP_NAME: appName, SUPPORT_EMAIL: "help@example.com", BASE_URL: "http://localhost:3000" });

const to = "ada.lovelace+buy-at-evil.example@example.org";
const every = sampleMessages().map((message): [string, OpenedMessage] => [
  message.template === "code" ? `code for ${message.props.purpose}` : message.template,
  message,
]);
const sample = (name: string) => {
  const [, message] = every.find(([candidate]) => candidate === name) ?? [];
  if (!message) throw new Error(`no sample ${name}`);
  return message;
};

describe.each(codePurposes)("the message with a code for %s", (purpose) => {
  const code = "904817";
  const message: OpenedMessage = { template: "code", props: { purpose, code, expiresInSeconds: 600 } };

  test("holds the code once and in one piece in each part, and not in the subject", async () => {
    const { subject, html, text } = await renderMail(message, { to });
    expect(subject).not.toContain(code);
    for (const part of [text, html]) expect(part.split(code)).toHaveLength(2);
    // The element holds the code alone, so a double click selects only the code.
    expect(html).toMatch(new RegExp(`<p [^>]*>${code}</p>`));
    expect(text.split("\n")).toContain(code);
  });

  test("says how long the code works, and what to do if the reader did not ask", async () => {
    const { html, text } = await renderMail(message, { to });
    for (const part of [text, readable(html)]) {
      expect(part).toContain("This code works for 10 minutes.");
      expect(part).toContain("Never share it. We will never ask you for it.");
      expect(part).toContain("If you did not ask for it, you can ignore this message.");
    }
  });

  test("has no code in its preview line", async () => {
    expect(previewOf((await renderMail(message, { to })).html)).toBe("This code works for 10 minutes. Never share it.");
  });
});

test("a mail with a demo account's code says that it is for a demo account", async () => {
  const props = { purpose: "sign-in", code: "904817", expiresInSeconds: 600 } as const;
  const subjectOf = async (accountType: "live" | "demo") =>
    (await renderMail({ template: "code", props: { ...props, accountType } }, { to })).subject;
  expect(await subjectOf("demo")).toBe(`${await subjectOf("live")} (demo)`);
});

describe("links", () => {
  const token = "Zm9yIGxvb2tpbmcgYXQsIG5vdCBmb3Igb3BlbmluZyE";

  test("in messages to a demo account lead to pages for demo accounts", async () => {
    const props = { accountType: "demo" } as const;
    const { text } = await renderMail({ template: "password-reset-done", props }, { to });
    expect(text).toContain("http://localhost:3000/signin?type=demo\n");
    expect(text).toContain("http://localhost:3000/forgot-password?type=demo\n");
  });

  test("are missing in a lockout notice that an older release queued without a token", async () => {
    const { text } = await renderMail({ template: "locked-out", props: {} }, { to });
    expect(text).not.toContain("/device");
    expect(text).toContain("http://localhost:3000/forgot-password\n");
  });

  test("in a demo account's lockout notice lead to its sign-in", async () => {
    const { text } = await renderMail({ template: "codes-closed", props: { token, accountType: "demo" } }, { to });
    expect(text).toContain(`http://localhost:3000/device?token=${token}&type=demo\n`);
  });

  test.each([
    ["verification-link", `http://localhost:3000/verify-email?token=${token}`],
    ["reset-link", `http://localhost:3000/reset-password?token=${token}`],
    ["invitation", "http://localhost:3000/signup"],
    ["admin-invitation", "http://localhost:3000/signup"],
    ["already-registered", "http://localhost:3000/signin?type=live"],
    ["locked-out", "http://localhost:3000/forgot-password"],
    ["locked-out", `http://localhost:3000/device?token=${token}`],
    ["codes-closed", `http://localhost:3000/device?token=${token}`],
    ["device-known", "http://localhost:3000/forgot-password"],
    ["password-changed", "http://localhost:3000/forgot-password"],
    ["new-sign-in", "http://localhost:3000/account"],
    ["account-deactivated", "mailto:help@example.com"],
  ])("%s leads to %s, once in each part", async (name, link) => {
    const { html, text, subject } = await renderMail(sample(name), { to });
    expect(html.split(`href="${link}"`)).toHaveLength(link.startsWith("mailto:") ? 3 : 2); // a mailto: link is in the footer too
    if (!link.startsWith("mailto:")) for (const part of [html, text]) expect(part.split(link)).toHaveLength(2);
    expect(text).toMatch(new RegExp(`^[A-Z][\\w ]+: ${link.replace("mailto:", "").replace("?", "\\?")}$`, "m"));
    expect(subject + previewOf(html)).not.toContain(token);
  });
});

test("only mail about a lost password has document 004's orange-red header", async () => {
  for (const [name, message] of every) {
    const { html } = await renderMail(message, { to });
    const header = /<table[^>]* class="alarm"[^>]*background-color:(#\w{6})[^>]*>.*?<\/table>/s.exec(html);
    if (["code for password-reset", "reset-link"].includes(name)) {
      expect(header?.[0]).toContain("Reset your password");
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
        Number.parseInt(header?.[1]?.slice(at, at + 2) ?? "", 16),
      );
      expect(red > 2 * green && green > blue).toBe(true);
    } else expect(header, name).toBeNull();
  }
});

describe("text that strangers can inject", () => {
  test("is masked if it is a new address", async () => {
    const [email, phone] = [
      messageSchema.parse({ template: "email-changed", props: { newEmail: "mallory.visit-my-shop@example.net" } }),
      messageSchema.parse({ template: "phone-changed", props: { newPhone: "+14155550134" } }),
    ];
    expect((await renderMail(email, { to })).text).toContain("now belongs to m•••@example.net.");
    expect((await renderMail(phone, { to })).text).toContain("is now +1 415 ••• 0134.");
  });

  test.each([
    [`<img src=x onerror="alert(1)">`, "img src x onerror alert(1)"],
    ["Call +1 415 5550134 at http://evil.example/now", "Call 1 415 5550134 at http evil example now"],
    ["Firefox\r\nBcc: eve@evil.example", "Firefox Bcc eve evil example"],
    ["F".repeat(500), "F".repeat(60)],
    ["\u202E...", ""],
  ])("has no link and no markup if it is the device %j", async (device, words) => {
    const message = messageSchema.parse({ template: "new-sign-in", props: { device, at: "2026-05-22T14:05:00Z" } });
    const { html, text } = await renderMail(message, { to });
    for (const part of [readable(html), text])
      expect(part).toContain(`from a new device: ${words || "unknown"}, 22 May 2026, 14:05 UTC.`);
  });

  test("is cut between characters and never inside one", () => {
    const rare = "\u{20000}"; // two units of UTF-16
    const device = `${"a".repeat(59)}${rare}${rare}`;
    const message = messageSchema.parse({ template: "new-sign-in", props: { device, at: "2026-05-22T14:05:00Z" } });
    expect(message).toMatchObject({ props: { device: `${"a".repeat(59)}${rare}` } });
  });

  test("is escaped if it reaches the HTML", async () => {
    const at = "2026-05-22T14:05:00Z";
    const device = `<img src=x onerror="alert(1)">`;
    const { html } = await renderMail({ template: "new-sign-in", props: { device, at } }, { to });
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
  });

  test("a message with an invalid token, a link of its own or an unknown property is refused", () => {
    for (const props of [
      { token: "short", expiresInSeconds: 60 },
      { token: `"><img src=x onerror=alert(1)>${"a".repeat(12)}`, expiresInSeconds: 60 },
      { url: "https://evil.example", expiresInSeconds: 60 },
    ])
      expect(messageSchema.safeParse({ template: "reset-link", props }).success).toBe(false);
    const named = { template: "already-registered", props: { name: "Eve" } };
    expect(messageSchema.safeParse(named).success).toBe(false);
  });
});

describe.each(every)("any message (DEL-05): %s", (_name, message) => {
  test("has the same words in both parts, without stray spaces", async () => {
    const { html, text } = await renderMail(message, { to });
    const paragraphs = text.trimEnd().split("\n\n");
    for (const paragraph of paragraphs) {
      expect(paragraph).toBe(paragraph.trim());
      expect(paragraph).not.toMatch(/\n| {2}|undefined|null|\[object/);
      const label = paragraph.replace(/: (https?:\S+|help@example.com)$/, "");
      expect(readable(html)).toContain(label);
    }
    expect(paragraphs.length).toBeGreaterThan(3);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("escapes text that the app did not write", async () => {
    const { html, text } = await renderMail(message, { to });
    expect(html).not.toContain("<b>");
    expect(html).toContain("L&lt;b&gt;&quot;&amp;&#x27;tch");
    expect(text).toContain(appName);
  });

  test("shows only the masked form of the address", async () => {
    const { html, text, subject } = await renderMail(message, { to });
    for (const part of [html, text, subject]) expect(part).not.toContain("evil");
    for (const part of [readable(html), text]) expect(part).toContain("to a•••@example.org.");
  });

  test("loads nothing from the network, and has no tracking", async () => {
    const { html } = await renderMail(message, { to });
    const body = html.slice(html.indexOf("<html")); // the doctype names a URL that no mail software loads
    expect(body).not.toMatch(/\ssrc=|srcset=|url\(|@import|<link|<script|<img|<iframe|background=/i);
    const places = [...body.matchAll(/https?:\/\/[^"<\s]+/g)].map(([place]) => new URL(place).origin);
    expect(places.filter((origin) => origin !== "http://localhost:3000")).toEqual([]);
  });

  test("names its language and both colour schemes", async () => {
    const { html } = await renderMail(message, { to });
    expect(html).toMatch(/<html [^>]*lang="en"/);
    expect(html).toContain('<meta name="color-scheme" content="light dark"/>');
    expect(html).toMatch(/<head>.*<title>[^<]+<\/title>.*<\/head>/s);
  });

  test("renders the same text each time, as an idempotency key needs", async () => {
    expect(await renderMail(message, { to })).toEqual(await renderMail(message, { to }));
  });

  test.each(["light", "dark"] as const)(
    "is legible in %s: every text has a contrast of 4.5 at least",
    async (scheme) => {
      const texts = coloured((await renderMail(message, { to })).html, scheme);
      expect(texts.length).toBeGreaterThan(4);
      for (const { text, front, back } of texts) expect(contrast(front, back), text).toBeGreaterThanOrEqual(4.5);
      // Proves that the style sheet was applied.
      const last = texts.at(-1);
      expect(luminance(last?.back ?? "") > 0.5).toBe(scheme === "light");
    },
  );
});

test.each([
  [1, "1 second"],
  [45, "45 seconds"],
  [60, "1 minute"],
  [90, "90 seconds"],
  [600, "10 minutes"],
  [3600, "1 hour"],
  [5400, "90 minutes"],
  [86_400, "24 hours"],
  [129_600, "36 hours"],
  [604_800, "7 days"],
])("%i seconds are written as %s", (expiresInSeconds, words) => {
  expect(en.mail.invitation({ expiresInSeconds }, "Latchkey").after).toContain(`The invitation stands for ${words}.`);
});

function previewOf(html: string): string | undefined {
  return /<div [^>]*display:none[^>]*>([^<]+)/.exec(html)?.[1];
}

/** The visible words of a page of HTML. */
function readable(html: string): string {
  return html
    .slice(html.indexOf("<body"))
    .replace(/<!--.*?-->|<[^>]+>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#x27;/g, "'")
    .replace(/&amp;/g, "&");
}

type Coloured = { text: string; front: string; back: string };

/** Each visible text with the colours that inline styles and, in dark, the style sheet's classes give it. */
function coloured(html: string, scheme: "light" | "dark"): Coloured[] {
  const sheet = /@media \(prefers-color-scheme:dark\)\{(.*?)\}\}/.exec(html)?.[1] ?? "";
  const rules = new Map(
    [...sheet.matchAll(/\.([\w-]+)\{([\w-]+):(#\w{6})!important/g)].map(([, name, property, colour]) => [
      `${name} ${property}`,
      colour,
    ]),
  );
  const colourOf = (tag: string, property: string) => {
    const classes = scheme === "dark" ? (/ class="([^"]*)"/.exec(tag)?.[1]?.split(" ") ?? []) : [];
    const swapped = classes.map((name) => rules.get(`${name} ${property}`)).find(Boolean);
    return swapped ?? new RegExp(`[";]${property}:(#\\w{6})`).exec(tag)?.[1];
  };
  const found: Coloured[] = [];
  const open = [{ front: "#000000", back: "#ffffff", hidden: false }];
  for (const [piece] of html.slice(html.indexOf("<body")).matchAll(/<!--.*?-->|<[^>]+>|[^<]+/g)) {
    const parent = open.at(-1);
    if (!parent) break; // past </body>
    if (piece.startsWith("</")) open.pop();
    else if (piece.startsWith("<!--") || piece.endsWith("/>")) continue;
    else if (piece.startsWith("<"))
      open.push({
        front: colourOf(piece, "color") ?? parent.front,
        back: colourOf(piece, "background-color") ?? parent.back,
        hidden: parent.hidden || piece.includes("display:none"),
      });
    else if (!parent.hidden && piece.trim()) found.push({ text: piece, front: parent.front, back: parent.back });
  }
  return found;
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
