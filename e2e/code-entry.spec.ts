import type { Page } from "playwright/test";
import { expect, type Mailbox, PASSWORD, test } from "./fixtures";

const field = (page: Page) => page.getByRole("textbox", { name: "Verification code" });

/** Asks for a sign-up code and waits for the page that takes it. */
async function ask(page: Page, mailbox: Mailbox): Promise<string> {
  const address = mailbox.address();
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(field(page)).toBeFocused();
  return address;
}

/** Pastes from the clipboard, as people do. */
async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press("ControlOrMeta+V");
}

test("the code field has a label, a form and the attributes that keyboards and password managers need (UX-01)", async ({
  page,
  mailbox,
}) => {
  await ask(page, mailbox);
  const attributes = { type: "text", inputmode: "numeric", autocomplete: "one-time-code", name: "code" };
  for (const [name, value] of Object.entries(attributes)) await expect(field(page)).toHaveAttribute(name, value);
  await expect(field(page)).not.toHaveAttribute("maxlength");
  expect(await field(page).evaluate((input: HTMLInputElement) => [input.form !== null, input.labels?.length])).toEqual([
    true,
    1,
  ]);
});

test("codes in any notation and passwords can be pasted (ACC-02)", async ({ page, mailbox }) => {
  await ask(page, mailbox);
  for (const written of ["123456", "123 456", "123-456", " 123456\n", "１２３ ４５６", "Your code is 123456."]) {
    await field(page).fill("");
    await paste(page, written);
    await expect(field(page), written).toHaveValue("123456");
  }
  await page.goto("/signin");
  const password = page.getByRole("textbox", { name: "Password", exact: true });
  await password.focus();
  await paste(page, PASSWORD);
  await expect(password).toHaveValue(PASSWORD);
});

test("a code is sent by the button and not by its last digit (ACC-06)", async ({ page, mailbox }) => {
  const address = await ask(page, mailbox);
  const code = await mailbox.code(address);
  let checks = 0;
  page.on("request", (request) => {
    if (request.url().includes("verifyCode")) checks += 1;
  });
  await page.keyboard.type(code);
  await page.keyboard.press("Tab");
  // Anything that typing or leaving the field could start has started after two frames.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(checks).toBe(0);
  await expect(page).toHaveURL("/signup/verify");
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/signup/profile");
  expect(checks).toBe(1);
});

test("screen readers hear the outcome while the focus stays, and do not hear the countdown (ACC-03)", async ({
  page,
  mailbox,
}) => {
  await page.clock.install();
  await ask(page, mailbox);
  await expect(page.getByRole("button", { name: /Resend code in/ })).toBeVisible();
  // A late answer would show the server's seconds, which do not follow the page's clock.
  await page.waitForLoadState("networkidle");
  // A screen reader says each change in a live region, except in a timer.
  await page.evaluate(() => {
    window.heard = [];
    const live = "[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]";
    const regions = new Set(document.querySelectorAll(live));
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest(live);
        if (!region || element?.closest("[role=timer]")) continue;
        window.heard.push({ text: region.textContent?.trim() ?? "", wasThere: regions.has(region) });
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const heard = () => page.evaluate(() => window.heard.filter(({ text }) => text !== ""));
  await page.clock.runFor("00:40");
  await expect(page.getByRole("button", { name: /Resend code in 0:[012]\d/ })).toBeVisible();
  expect(await heard()).toEqual([]);
  await page.clock.runFor("00:25");
  await expect(page.getByRole("button", { name: "Resend code", exact: true })).toBeVisible();
  expect((await heard()).length).toBeGreaterThanOrEqual(1);
  expect((await heard()).length).toBeLessThanOrEqual(2);
  await expect(field(page)).toBeFocused();

  // A wrong code is said in a live region that existed before, because new regions are not read out.
  await field(page).fill("12");
  await page.keyboard.press("Enter");
  await expect(field(page)).toHaveAccessibleDescription(/all 6 digits/);
  expect((await heard()).at(-1)).toEqual({ text: expect.stringMatching(/all 6 digits/), wasThere: true });
  await expect(field(page)).toBeFocused();
});

for (const [path, button, wrong] of [
  ["/signup", "Send code", "ada@"],
  ["/signin", "Send me a code", "+1 415"],
  ["/forgot-password", "Send reset code", "ada lovelace"],
] as const) {
  test(`an error on ${path} is shown at its field with what to do, and the input is kept (ACC-04)`, async ({
    page,
  }) => {
    await page.goto(path);
    const address = page.getByRole("textbox", { name: "Email or phone number" });
    await address.fill(wrong);
    await page.getByRole("button", { name: button }).click();
    await expect(address).toHaveAttribute("aria-invalid", "true");
    await expect(address).toHaveAccessibleDescription(/Enter .*(such as|an email address)/);
    await expect(address).toHaveValue(wrong);
    await expect(address).toBeFocused();
  });
}

declare global {
  interface Window {
    heard: { text: string; wasThere: boolean }[];
  }
}
