import { describe, expect, test } from "vitest";
import { testSettings } from "@/testing/settings";
import { codePurposes, type Message } from "./messages";
import { render } from "./render";
import { codeTexts, inWords } from "./texts";

const appName = `L<b>"&'tch`;
testSettings({ APP_NAME: appName, SUPPORT_EMAIL: "help@example.com" });

const code = "904817";
const codeMessage = (purpose: (typeof codePurposes)[number]): Message => ({
  template: "code",
  props: { purpose, code, expiresInSeconds: 600 },
});
const every: [string, Message][] = [
  ...codePurposes.map((purpose): [string, Message] => [`code for ${purpose}`, codeMessage(purpose)]),
  ["already-registered", { template: "already-registered", props: {} }],
  ["account-deactivated", { template: "account-deactivated", props: {} }],
];
const to = "ada.lovelace+buy-at-evil.example@example.org";

describe.each(codePurposes)("the message with a code for %s", (purpose) => {
  test("holds the code once in each part, in one piece, and not in the subject", async () => {
    const { subject, html, text } = await render(codeMessage(purpose), { to });
    expect(subject).not.toContain(code);
    for (const part of [text, html]) expect(part.split(code)).toHaveLength(2);
    // In one element and nothing else in it: a double click takes the code and only the code.
    expect(html).toMatch(new RegExp(`<p [^>]*>${code}</p>`));
    expect(text.split("\n")).toContain(code);
  });

  test("says in both parts what it is for, how long it works, and what to do otherwise", async () => {
    const { subject, html, text } = await render(codeMessage(purpose), { to });
    expect(subject).toBe(codeTexts[purpose].subject(appName));
    for (const part of [text, readable(html)]) {
      expect(part).toContain(codeTexts[purpose].title);
      expect(part).toContain(codeTexts[purpose].ask(appName));
      expect(part).toContain("This code works for 10 minutes.");
      expect(part).toContain("Never share it. We will never ask you for it.");
      expect(part).toContain("If you did not ask for it, you can ignore this message.");
    }
  });

  test("tells its preview line no code", async () => {
    const { html } = await render(codeMessage(purpose), { to });
    const preview = /<div [^>]*display:none[^>]*>([^<]+)/.exec(html)?.[1];
    expect(preview).toBe("This code works for 10 minutes. Never share it.");
  });
});

test("the notice to who has an account says so and leads to sign in", async () => {
  const { subject, html, text } = await render({ template: "already-registered", props: {} }, { to });
  expect(subject).toBe(`You already have a ${appName} account`);
  expect(html).toContain('href="http://localhost:3000/signin"');
  expect(text).toContain("http://localhost:3000/signin");
  expect(text).toContain("It already has an account, so nothing has changed.");
});

test("the notice to whose account is deactivated leads to the operator", async () => {
  const { html, text } = await render({ template: "account-deactivated", props: {} }, { to });
  expect(html).toContain('href="mailto:help@example.com"');
  expect(text).toContain("Its account is deactivated");
});

describe.each(every)("any message (%s)", (_name, message) => {
  test("escapes what it did not write itself", async () => {
    const { html, text } = await render(message, { to });
    expect(html).not.toContain("<b>");
    expect(html).toContain("L&lt;b&gt;&quot;&amp;&#x27;tch");
    expect(text).toContain(appName);
  });

  test("holds of the address no more than its owner needs", async () => {
    const { html, text, subject } = await render(message, { to });
    for (const part of [html, text, subject]) expect(part).not.toContain("evil");
    for (const part of [readable(html), text]) expect(part).toContain("to a•••@example.org.");
  });

  test("asks nothing of the network, and tracks no one", async () => {
    const { html } = await render(message, { to });
    const body = html.slice(html.indexOf("<html")); // the doctype names a URL, which no one fetches
    expect(body).not.toMatch(/\ssrc=|srcset=|url\(|@import|<link|<script|<img|<iframe|background=/i);
    const places = [...body.matchAll(/https?:\/\/[^"<\s]+/g)].map(([place]) => new URL(place).origin);
    expect(places.filter((origin) => origin !== "http://localhost:3000")).toEqual([]);
  });

  test("says its language and that it has both schemes", async () => {
    const { html } = await render(message, { to });
    expect(html).toMatch(/<html [^>]*lang="en"/);
    expect(html).toContain('<meta name="color-scheme" content="light dark"/>');
    expect(html).toMatch(/<head>.*<title>[^<]+<\/title>.*<\/head>/);
  });

  test("renders the same each time, as an idempotency key asks for", async () => {
    expect(await render(message, { to })).toEqual(await render(message, { to }));
  });

  test.each(["light", "dark"] as const)(
    "is legible in %s: every text has a contrast of 4.5 at least",
    async (scheme) => {
      const texts = coloured((await render(message, { to })).html, scheme);
      expect(texts.length).toBeGreaterThan(4);
      for (const { text, front, back } of texts) expect(contrast(front, back), text).toBeGreaterThanOrEqual(4.5);
      // Else the style sheet has not been applied at all.
      const [first] = texts;
      expect(luminance(first?.back ?? "") > 0.5).toBe(scheme === "light");
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
])("%i seconds are told as %s", (seconds, words) => {
  expect(inWords(seconds)).toBe(words);
});

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
