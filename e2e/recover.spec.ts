import type { Page } from "playwright/test";
import { expect, PASSWORD, signedUp, test } from "./fixtures";

const ANOTHER = "green heron window soup";

/** Asks for a reset by this button, and waits for the next page. */
async function ask(page: Page, address: string, button: "Send reset code" | "Send a link instead") {
  await page.goto("/signin");
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await expect(page).toHaveURL(/\/forgot-password/);
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: button }).click();
}

async function signIn(page: Page, address: string, password: string) {
  await page.goto("/signin");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a reset by code ends all sessions, sends a notice and signs nobody in", {
  tag: "@mail",
}, async ({ page, browser, baseURL, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const elsewhere = await browser.newPage({ baseURL });
  await signIn(elsewhere, address, PASSWORD);
  await expect(elsewhere).toHaveURL("/account");

  await page.context().clearCookies();
  await ask(page, address, "Send reset code");
  await expect(page).toHaveURL("/forgot-password/verify");
  const code = await mailbox.code(address, 3); // after the sign-up code and the notice of the other browser
  await axe("a reset code was asked for");
  await page
    .getByRole("textbox", { name: "Verification code" })
    .fill(code.replace(/\d$/, (d) => `${(Number(d) + 1) % 10}`));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByRole("textbox", { name: "Verification code" })).toHaveAccessibleDescription(/4 tries left/);
  await page.getByRole("textbox", { name: "Verification code" }).fill(code);
  await page.getByRole("button", { name: "Verify" }).click();

  await expect(page).toHaveURL("/reset-password");
  await page.getByRole("textbox", { name: "New password" }).fill("too short");
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("textbox", { name: "New password" })).toHaveAccessibleDescription(/too short/);
  await axe("a new password that is too short");
  await page.getByRole("textbox", { name: "New password" }).fill(ANOTHER);
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");
  await axe("a password was reset");
  expect((await mailbox.newest(address, 4)).subject).toContain("password was reset");

  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin/);
  await elsewhere.goto("/account");
  await expect(elsewhere).toHaveURL(/\/signin/);
  await elsewhere.close();
  await signIn(page, address, ANOTHER);
  await expect(page).toHaveURL("/account");
});

test("a reset link survives being opened, works once, and leaves the address bar (LNK-01)", async ({
  page,
  request,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await page.context().clearCookies();
  await ask(page, address, "Send a link instead");
  await expect(page.getByRole("heading", { name: "Look in your mail" })).toBeFocused();
  await axe("a reset link was asked for");
  const link = /https?:\S+reset-password\?token=\S+/.exec((await mailbox.newest(address, 2)).text)?.[0] ?? "";
  expect(link).not.toBe("");

  // A request like that of a scanner or preview.
  for (let times = 0; times < 3; times += 1) expect((await request.get(link)).status()).toBe(200);
  expect((await request.head(link)).status()).toBe(200);
  await page.goto(link, { waitUntil: "networkidle" });
  await expect(page).toHaveURL("/reset-password");
  await page.getByRole("textbox", { name: "New password" }).fill(ANOTHER);
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");

  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill("yet another long one");
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "used up or too old" })).toBeVisible();
});

test("a reset of a demo account keeps the account type until sign-in", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address, "demo");
  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByRole("radio", { name: "Demo" }).check();
  await page.getByRole("link", { name: "Forgot password?" }).click();
  // Both pages have a field of that name.
  await expect(page).toHaveURL(/\/forgot-password/);
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send reset code" }).click();
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(address, 2));
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByRole("textbox", { name: "New password" }).fill(ANOTHER);
  await page.getByRole("button", { name: "Reset password" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/signin?type=demo");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(ANOTHER);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/account");
});

test("an unknown address gets the same pages as a known one, and a lost reset token leads back to asking", async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  await ask(page, address, "Send a link instead");
  await expect(page.getByText("If that address has an account, a link is on its way.")).toBeVisible();
  await page.getByRole("button", { name: "Ask again, or use a different address" }).click();
  await expect(page.getByRole("textbox", { name: "Email or phone number" })).toHaveValue(address);
  await page.getByRole("button", { name: "Send a link instead" }).click();
  await expect(page.getByText("A message to this address was asked for a moment ago.")).toBeVisible();
  await ask(page, mailbox.address(), "Send reset code");
  await expect(page).toHaveURL("/forgot-password/verify");
  await page.getByRole("textbox", { name: "Verification code" }).fill("123456");
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByRole("textbox", { name: "Verification code" })).toHaveAccessibleDescription(/4 tries left/);
  await page.goto("/reset-password");
  await expect(page.getByRole("link", { name: "Ask for a code" })).toHaveAttribute("href", "/forgot-password");
});
