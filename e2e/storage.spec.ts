import type { Page } from "playwright/test";
import { z } from "zod";
import { expect, PASSWORD, signUp, test } from "./fixtures";

const ANOTHER = "green heron window soup";

/** Everything that a script on the page, such as an injected one, can read in this browser. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    return JSON.stringify({
      local: Object.entries(localStorage),
      session: Object.entries(sessionStorage),
      databases,
      caches,
      cookies: document.cookie,
      name: window.name,
      address: location.href,
      referrer: document.referrer,
      history: history.state,
      // The full URLs of everything that was fetched.
      requests: performance.getEntries().map(({ name }) => name),
    });
  });

async function expectNothingOf(page: Page, secrets: string[]): Promise<void> {
  const all = await kept(page);
  expect(secrets.every(Boolean)).toBe(true);
  expect(secrets.filter((secret) => all.includes(secret) || all.includes(encodeURIComponent(secret)))).toEqual([]);
  expect(JSON.parse(all)).toMatchObject({ databases: [], caches: [], cookies: "", name: "" });
}

const cookiesOf = async (page: Page) => (await page.context().cookies()).map(({ value }) => value);
const answer = z.object({ result: z.object({ data: z.object({ resetToken: z.string() }) }) });
/** The reset token in the answer to this press, whether or not the answer is a batch of one. */
const tokenIn = (body: unknown) => answer.parse(Array.isArray(body) ? body[0] : body).result.data.resetToken;

test("no script can read a code, password, token or cookie in the browser (COD-07, SES-09)", async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  await signUp(page, mailbox, address);
  const signedUp = [await mailbox.code(address), PASSWORD, ...(await cookiesOf(page))];
  expect(signedUp.length).toBeGreaterThanOrEqual(5); // the session's, the browser's and the device's
  await expectNothingOf(page, signedUp);

  // Before and after signing in by code.
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/signin");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await expect(page).toHaveURL("/signin/verify");
  const code = await mailbox.code(address, 2);
  await page.getByRole("textbox", { name: "Verification code" }).fill(code);
  await expectNothingOf(page, [code, ...(await cookiesOf(page))]);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");
  await expectNothingOf(page, [code, ...(await cookiesOf(page))]);

  // Resetting the password by code: the token is passed between the pages in memory only.
  await page.context().clearCookies();
  await page.goto("/forgot-password");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send reset code" }).click();
  await expect(page).toHaveURL("/forgot-password/verify");
  const resetCode = await mailbox.code(address, 3);
  await page.getByRole("textbox", { name: "Verification code" }).fill(resetCode);
  const verified = page.waitForResponse(/passwordReset\.verifyCode/);
  await page.getByRole("button", { name: "Verify" }).click();
  const token = tokenIn(await (await verified).json());
  await expect(page).toHaveURL("/reset-password");
  await page.getByRole("textbox", { name: "New password" }).fill(ANOTHER);
  const secrets = [resetCode, token, ANOTHER, ...(await cookiesOf(page))];
  await expectNothingOf(page, secrets);
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");
  await expectNothingOf(page, [...secrets, ...(await cookiesOf(page))]);
});
