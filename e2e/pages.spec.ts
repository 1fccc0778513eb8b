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
  test(`${path} is accessible, titled, carries its own nonce and calls no other origin (ACC-01, ACC-07, HDR-06)`, async ({
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

test("the inbox shows a message as it comes, its code to copy, its HTML in a frame that can do nothing", async ({
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

  // Other tests send too: whether this is still the newest one, and open, nobody knows. By hand it stays as it is put.
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

  test("a form says that it needs it", async ({ page }) => {
    await page.goto("/signup");
    await expect(page.locator("noscript > p")).toBeVisible();
  });
});

test("targets of the sign-up page are large enough, and the focus shows (ACC-06)", async ({ page }) => {
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

test("without a session, /account and /signup/profile lead to signing in or up", async ({ page }) => {
  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.goto("/signup/profile");
  await expect(page).toHaveURL(/\/(signup|signin)/);
});

test("password managers find the page that changes a password, and nothing else under .well-known (UX-02)", async ({
  request,
}) => {
  const answer = await request.get("/.well-known/change-password", { maxRedirects: 0 });
  expect(answer.status()).toBe(307);
  expect(answer.headers().location).toMatch(/\/account#password$/);
  expect((await request.get("/.well-known/resource-that-should-not-exist")).status()).toBe(404);
});
