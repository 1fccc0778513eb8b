import { expect, test } from "./fixtures";

for (const [path, title] of [
  ["/", /Latchkey/],
  ["/signup", /Create your account/],
  ["/signin", /Sign in/],
  ["/register", /Register/],
  ["/forgot-password", /Forgot your password/],
  ["/reset-password", /new password/],
  ["/verify-email", /Verify your email/],
  ["/device", /Use this browser/],
  ["/dev/inbox", /Inbox/],
  ["/nowhere", /no page|not found/i],
] as const) {
  test(`${path} is accessible, has a title and a nonce, and calls no other origin (ACC-01, ACC-07, HDR-06)`, async ({
    page,
    axe,
  }) => {
    const answer = await page.goto(path);
    await expect(page).toHaveTitle(title);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await axe(path);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toMatch(/script-src 'nonce-[\w+/=]{22,}' 'strict-dynamic'/);
    const again = await page.reload();
    expect(again?.headers()["content-security-policy"]).not.toBe(policy);
  });
}

test("the inbox shows a new message, its code to copy, and its HTML in a sandboxed frame", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const address = mailbox.address();
  await page.goto("/dev/inbox");
  const asking = await browser.newPage();
  await asking.goto(new URL("/signup", page.url()).href);
  await asking.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await asking.getByRole("button", { name: "Send code" }).click();
  const code = await mailbox.code(address);
  await asking.close();
  await expect(page.getByText(code).first()).toBeVisible();

  // Other tests send too, so this message may no longer be the newest, which is open. Opened by hand it stays open.
  const message = page.getByRole("article").filter({ hasText: address });
  const content = message.locator("> details");
  await message.locator("summary").first().click();
  if ((await content.getAttribute("open")) === null) await message.locator("summary").first().click();
  await expect(content).toHaveAttribute("open");
  await expect(message.locator("iframe")).toHaveAttribute("sandbox", "");
  await axe("the inbox with a message");

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await message.getByRole("button", { name: "Copy code" }).click();
  await expect(message.getByRole("status")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);

  await message.locator("summary").first().click();
  await expect(message.getByRole("button", { name: "Copy code" })).toBeHidden();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a form says that it needs JavaScript", async ({ page }) => {
    await page.goto("/signup");
    await expect(page.locator("noscript > p")).toBeVisible();
  });
});

test("the sign-up page's targets are at least 24 px, and the focus is visible (ACC-06)", async ({ page }) => {
  await page.goto("/signup");
  for (const element of await page.locator("a, button, input[type=text], label:has(input[type=radio])").all()) {
    const box = await element.boundingBox();
    expect(box?.height ?? 0).toBeGreaterThanOrEqual(24);
  }
  await page.getByRole("textbox", { name: "Email or phone number" }).focus();
  const ring = await page.evaluate(() => {
    const field = document.activeElement;
    const styles = [field, field?.parentElement].map((element) => (element ? getComputedStyle(element) : null));
    return styles.some((style) => style && (style.outlineStyle !== "none" || style.boxShadow !== "none"));
  });
  expect(ring).toBe(true);
});

test("/account and /signup/profile without a session lead to sign-in and sign-up", async ({ page }) => {
  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.goto("/signup/profile");
  await expect(page).toHaveURL(/\/(signup|signin)/);
});

test("/.well-known/change-password leads to the password page, and other names do not exist (UX-02)", async ({
  request,
}) => {
  const answer = await request.get("/.well-known/change-password", { maxRedirects: 0 });
  expect(answer.status()).toBe(307);
  expect(answer.headers().location).toMatch(/\/account#password$/);
  expect((await request.get("/.well-known/resource-that-should-not-exist")).status()).toBe(404);
});
