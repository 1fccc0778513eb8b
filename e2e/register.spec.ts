import type { Page } from "playwright/test";
import { expect, PASSWORD, test } from "./fixtures";

async function register(page: Page, address: string, password = PASSWORD, name = "Grace Hopper") {
  await page.goto("/register");
  await page.getByRole("textbox", { name: "Email" }).fill(address);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register/verify");
}

async function signIn(page: Page, address: string, password: string) {
  await page.goto("/signin");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a person registers with a password, has the code sent again at once, and is signed in", async ({
  page,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await register(page, address);
  const first = await mailbox.code(address);
  expect(first).toMatch(/^\d{8}$/);
  await axe("a passcode was asked for");
  // The page tells everybody, whether or not a message was held back.
  await page.getByText("Didn’t get it?").click();
  await expect(page.getByText("A mailbox gets at most 10 messages an hour from us. The last code")).toBeVisible();
  await page.getByRole("button", { name: "Resend code" }).click();
  await expect(page.getByText("You asked for a new code. If none comes, use the last one that came.")).toBeVisible();
  const second = await mailbox.code(address, 2);
  await page.getByRole("textbox", { name: "Verification code" }).fill(first);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByRole("textbox", { name: "Verification code" })).toHaveAccessibleDescription(/not right/);
  await page.getByRole("textbox", { name: "Verification code" }).fill(second);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");
  await page.context().clearCookies();
  await signIn(page, address, PASSWORD);
  await expect(page).toHaveURL("/account");
});

test("a stranger who registers an address first gains nothing: only the reader of the mail gets in (REC-02)", async ({
  page,
  browser,
  baseURL,
  mailbox,
}) => {
  const address = mailbox.address();
  const attacker = await browser.newPage({ baseURL });
  await register(attacker, address, "attackers own password", "Mallory");
  const theirs = await mailbox.code(address);
  await register(page, address);
  const code = await mailbox.code(address, 2);
  expect(code).not.toBe(theirs);
  await page.getByRole("textbox", { name: "Verification code" }).fill(code);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");

  await attacker.getByRole("textbox", { name: "Verification code" }).fill(code);
  await attacker.getByRole("button", { name: "Verify" }).click();
  await expect(attacker.getByRole("textbox", { name: "Verification code" })).toHaveAccessibleDescription(/not right/);
  await signIn(attacker, address, "attackers own password");
  await expect(attacker.getByRole("alert").filter({ hasText: /do not go together/ })).toBeVisible();
  await attacker.close();
});

test("a verification link survives scanners, signs in the browser that asked, and works once (LNK-01)", {
  tag: "@mail",
}, async ({ page, request, browser, baseURL, mailbox, axe }) => {
  const address = mailbox.address();
  await register(page, address);
  await page.getByRole("button", { name: "Send a link instead" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Look in your mail" })).toBeFocused();
  const link = /https?:\S+verify-email\?token=\S+/.exec((await mailbox.newest(address, 2)).text)?.[0] ?? "";
  for (let times = 0; times < 3; times += 1) expect((await request.get(link)).status()).toBe(200);
  await request.head(link);
  await request.get(link, { headers: { "next-router-prefetch": "1", rsc: "1" } });
  // A scanner that runs the page's scripts and presses nothing.
  const scanner = await browser.newPage({ baseURL });
  await scanner.goto(link, { waitUntil: "networkidle" });
  await scanner.close();

  await page.goto(link, { waitUntil: "networkidle" });
  await expect(page).toHaveURL("/verify-email");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Open the link again");
  await page.goto(link, { waitUntil: "networkidle" });
  await axe("a verification link was opened");
  await page.getByRole("button", { name: "Verify email" }).click();
  await expect(page).toHaveURL("/account");

  await page.goto(link);
  await page.getByRole("button", { name: "Verify email" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link no longer works");
});

test("a verification link in another browser proves the address and signs nobody in (LNK-04)", async ({
  page,
  browser,
  baseURL,
  mailbox,
}) => {
  const address = mailbox.address();
  await register(page, address);
  await page.getByRole("button", { name: "Send a link instead" }).click();
  const link = /https?:\S+verify-email\?token=\S+/.exec((await mailbox.newest(address, 2)).text)?.[0] ?? "";
  const elsewhere = await browser.newPage({ baseURL });
  await elsewhere.goto(link);
  await elsewhere.getByRole("button", { name: "Verify email" }).click();
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("Your email is verified");
  await expect(elsewhere.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(elsewhere).toHaveTitle("Your email is verified · Latchkey");
  await expect(elsewhere.getByText("a password chosen there was not kept")).toBeVisible();
  await elsewhere.goto("/account");
  await expect(elsewhere).toHaveURL(/\/signin/);
  await elsewhere.close();

  // In the browser that asked, a new request leads to a notice, and signing in leads on.
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByRole("button", { name: "Resend code" }).click();
  expect((await mailbox.newest(address, 3)).subject).toMatch(/already have/);
  await page.goto("/signin");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(address, 4));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/signup/profile");
  await page.goto("/register/verify");
  await expect(page).toHaveURL("/signup/profile");
});
