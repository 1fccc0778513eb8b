import { expect, PASSWORD, signedUp, test } from "./fixtures";

test("the link in the notice of a lock lets the owner sign in on an unknown browser (THR-10)", {
  tag: "@mail",
}, async ({ page, browser, baseURL, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await page.context().clearCookies();
  const stranger = await browser.newContext({ baseURL });
  for (let at = 0; at < 10; at += 1) {
    const tried = await stranger.request.post("/api/trpc/signIn.password", {
      headers: { origin: baseURL ?? "", "sec-fetch-site": "same-origin" },
      data: { identifier: address, password: "wrong wrong wrong" },
    });
    expect(tried.status()).toBe(401);
  }
  await stranger.close();

  const notice = await mailbox.newest(address, 2); // after the sign-up code
  expect(notice.subject).toContain("Too many wrong tries");
  const link = /http\S+\/device\?token=\S+/.exec(notice.text)?.[0] ?? "";

  async function signIn() {
    await page.goto("/signin");
    await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  await signIn();
  await expect(page.getByRole("alert").filter({ hasText: /do not go together/ })).toBeVisible();

  // Opening the page does not use the link up. Pressing the button does.
  await page.goto(link);
  await page.goto(link);
  await expect(page).toHaveURL("/device");
  // The token is removed from the address bar, and a reload says what to do.
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Open the link again");
  await axe("a device link was reloaded");
  await page.goto(link);
  await axe("a device link");
  await page.getByRole("button", { name: "Use this browser" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You can use this browser");
  await axe("a device link was redeemed");
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/signin");
  await signIn();
  await expect(page).toHaveURL("/account");

  await page.goto(link);
  await page.getByRole("button", { name: "Use this browser" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link no longer works");
  await page.getByRole("link", { name: "have a reset link sent" }).click();
  await expect(page).toHaveURL("/forgot-password");
});
