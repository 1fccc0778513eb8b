import { randomBytes } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "playwright/test";
import { z } from "zod";
import { servers } from "./servers";

/** One message as a person sees it. */
export type Mail = { to: string; subject: string; text: string; html: string };

export type Mailbox = {
  /** An address nobody has used before. */
  address(): string;
  /** The newest message to an address, once at least `count` have come. */
  newest(address: string, count?: number): Promise<Mail>;
  /** The code in the newest message, as a person would pick it out. */
  code(address: string, count?: number): Promise<string>;
};

const orEmpty = z
  .string()
  .nullable()
  .transform((text) => text ?? "");
const inboxSchema = z.object({
  result: z.object({
    // An SMS has neither subject nor HTML.
    data: z.array(z.object({ to: z.string(), subject: orEmpty, text: z.string(), html: orEmpty })),
  }),
});
const sentSchema = z.array(
  z
    .object({ to: z.array(z.string()), subject: z.string(), text: z.string(), html: z.string() })
    .transform((mail) => ({ ...mail, to: mail.to.join() })),
);

/** All messages of an installation, newest first. */
const readers: Record<string, () => Promise<Mail[]>> = {
  [servers.inbox.origin]: async () =>
    inboxSchema.parse(await (await fetch(`${servers.inbox.origin}/api/trpc/inbox.list`)).json()).result.data,
  [servers.resend.origin]: async () =>
    sentSchema.parse(await (await fetch(`${servers.resend.mailbox}/sent`)).json()).reverse(),
};

/** Errors on the console that are none of the page's. */
const notOfThePage = [
  // A refused call is an answer, and the browser writes a line of its own about it.
  /the server responded with a status of 4\d\d/,
  // Playwright's own scripts, kept out of a mail's frame whenever one is drawn: microsoft/playwright#33343.
  /^Blocked script execution in 'about:srcdoc' because the document's frame is sandboxed/,
];

/** What a page must never do, collected while a test runs: errors on the console, refused scripts, calls elsewhere. */
function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !notOfThePage.some((line) => line.test(message.text())))
      faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const { origin: to, protocol } = new URL(request.url());
    if (to !== origin && !["data:", "about:", "blob:"].includes(protocol)) faults.push(`a request to ${to}`);
  });
  return faults;
}

/** Runs axe in all frames of a page. Loading it takes ten times as long as running it: a document has it once. */
async function analyze(page: Page) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  if (page.frames().length > 1) return new AxeBuilder({ page }).withTags(tags).analyze();
  const isLoaded = await page.evaluate(() => "axe" in window);
  const builder = new AxeBuilder(isLoaded ? { page, axeSource: "null" } : { page });
  return builder
    .setLegacyMode()
    .options({ runOnly: tags, resultTypes: ["violations"] })
    .analyze();
}

type Fixtures = { mailbox: Mailbox; axe: (state: string) => Promise<void>; clean: undefined };

export const test = base.extend<Fixtures>({
  mailbox: async ({ baseURL }, use) => {
    const read = readers[baseURL ?? ""];
    if (!read) throw new Error(`no mailbox at ${baseURL}`);
    const newest = async (address: string, count = 1) => {
      let mails: Mail[] = [];
      const arrived = async () => {
        mails = (await read()).filter(({ to }) => to === address);
        return mails.length;
      };
      await expect.poll(arrived).toBeGreaterThanOrEqual(count);
      const [mail] = mails;
      if (!mail) throw new Error("no mail");
      return mail;
    };
    await use({
      address: () => `person-${randomBytes(5).toString("hex")}@example.com`,
      newest,
      code: async (address, count) => {
        const { text } = await newest(address, count);
        const code = /^\d{6,10}(?!\S)/m.exec(text)?.[0];
        if (!code) throw new Error(`no code in: ${text}`);
        return code;
      },
    });
  },

  /** No axe violation at WCAG 2.2 AA in this state of the page, light and dark, at full width and at 320 px (ACC-01). */
  axe: async ({ page }, use) => {
    const size = page.viewportSize() ?? { width: 1280, height: 720 };
    await use(async (state) => {
      // Each theme once, each width once.
      for (const { colorScheme, width } of [
        { colorScheme: "light", width: size.width },
        { colorScheme: "dark", width: 320 },
      ] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ ...size, width });
        const { violations } = await analyze(page);
        const told = violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target).join(" | ")}`);
        expect(told, `${state}, ${colorScheme}, ${width} px`).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${state} at ${width} px scrolls sideways`).toBe(0);
      }
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
    });
  },

  /** Fails any test whose page logged an error, broke the CSP or called another origin. */
  clean: [
    async ({ page, baseURL }, use) => {
      const faults = watch(page, baseURL ?? "");
      await use(undefined);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** A password that the rules take. */
export const PASSWORD = "blue otter lamp chair";

/** Goes through sign-up up to the profile page, reading the code as a person would. */
export async function proveAddress(
  page: Page,
  mailbox: Mailbox,
  address: string,
  accountType: "Live" | "Demo" = "Live",
): Promise<void> {
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("radio", { name: accountType }).check();
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your email");
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(address));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/signup/profile");
}

/** Signs up and completes the profile. */
export async function signUp(
  page: Page,
  mailbox: Mailbox,
  address: string,
  accountType: "Live" | "Demo" = "Live",
): Promise<void> {
  await proveAddress(page, mailbox, address, accountType);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ada Lovelace");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/account");
}

/** An account, and a page that is signed in to it: by calls, because the way there on screen has tests of its own. */
export async function signedUp(
  page: Page,
  mailbox: Mailbox,
  address: string,
  accountType: "live" | "demo" = "live",
): Promise<void> {
  const call = async (procedure: string, data: object) => {
    // As the app's own pages ask: where a session is, a call from nowhere is taken for one across sites.
    const headers = { "sec-fetch-site": "same-origin" };
    const answer = await page.request.post(`/api/trpc/${procedure}`, { data, headers });
    expect(answer.status(), await answer.text()).toBe(200);
  };
  const who = { identifier: address, accountType };
  await call("signUp.requestCode", who);
  await call("signUp.verifyCode", { ...who, code: await mailbox.code(address) });
  await call("signUp.completeProfile", { name: "Ada Lovelace", password: PASSWORD });
  await page.goto("/account");
}
