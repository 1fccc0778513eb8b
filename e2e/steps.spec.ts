import type { Page } from "playwright/test";
import { expect, PASSWORD, test } from "./fixtures";

const field = (page: Page) => page.getByRole("textbox", { name: "Verification code" });
const masked = (page: Page) => page.getByText("p•••@example.com");

/** The ways to a code: where it is asked for, and with what. */
const ways = {
  "/signup": "Send code",
  "/signin": "Send me a code",
  "/forgot-password": "Send reset code",
} as const;

for (const [path, button] of Object.entries(ways)) {
  test(`a code asked for at ${path} outlives a reload, another tab and going back; its ways out are there (UX-04, ACC-05)`, async ({
    page,
    context,
    mailbox,
  }) => {
    const address = mailbox.address();
    await page.goto(path);
    const titles = [await page.title()];
    await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
    await page.getByRole("radio", { name: "Demo" }).check();
    await page.getByRole("button", { name: button }).click();
    await expect(page).toHaveURL(`${path}/verify`);
    titles.push(await page.title());
    // A step has a title and a heading of its own (ACC-07).
    expect(new Set(titles).size).toBe(2);

    const here = async (tab: Page) => {
      await expect(masked(tab)).toBeVisible();
      await expect(tab.getByRole("button", { name: /Resend code/ })).toBeVisible();
      await expect(tab.getByRole("link", { name: /different address/ })).toBeVisible();
      await expect(field(tab)).toBeVisible();
    };
    await here(page);
    await page.reload();
    await here(page);
    const another = await context.newPage();
    await another.goto(`${path}/verify`);
    await here(another);
    await another.close();
    await page.goBack();
    await expect(page).toHaveURL(path);
    const identifier = page.getByRole("textbox", { name: "Email or phone number" });
    await expect(identifier).toHaveValue(address);
    await page.goForward();
    await here(page);
    // What a page kept in memory is gone; what was asked for still stands.
    await page.reload();
    await page.getByRole("link", { name: /different address/ }).click();
    await expect(identifier).toHaveValue(address);
    await expect(page.getByRole("radio", { name: "Demo" })).toBeChecked();
  });
}

test("of two tabs the newest code wins, and the older one says so; an address is never asked for twice (UX-04, ACC-05)", async ({
  page,
  context,
  mailbox,
}) => {
  const address = mailbox.address();
  await page.goto("/register");
  await page.getByRole("textbox", { name: "Email" }).fill(address);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register/verify");
  const first = await mailbox.code(address);

  const another = await context.newPage();
  await another.goto("/register/verify");
  await another.getByRole("button", { name: "Resend code" }).click();
  await expect(another.getByText("You asked for a new code. If none comes, use the last one that came.")).toBeVisible();
  const second = await mailbox.code(address, 2);
  await another.close();

  await field(page).fill(first);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(field(page)).toHaveAccessibleDescription(/not right/);
  await field(page).fill(second);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/signup/profile");
});

test("a wait that a code’s check was answered with is counted down, and then gone (UX-04)", async ({
  page,
  mailbox,
}) => {
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(mailbox.address());
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page).toHaveURL("/signup/verify");
  const data = { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "RATE_LIMITED", retryAfterSeconds: 3 };
  await page.route("**/api/trpc/signUp.verifyCode*", (route) =>
    route.fulfill({ status: 429, json: [{ error: { message: "RATE_LIMITED", code: -32029, data } }] }),
  );
  await field(page).fill("123456");
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText("Too many requests for now. Try again in 1 second.")).toBeVisible();
  await expect(page.getByText("Too many requests for now.")).toHaveCount(0);
});

for (const path of ["/verify-email", "/reset-password", "/device"]) {
  test(`${path} keeps its link’s token out of the address bar, the history, every Referer and every cache (LNK-06)`, async ({
    page,
  }) => {
    const token = "Zm9yIGxvb2tpbmcgYXQsIG5vdCBmb3Igb3BlbmluZyE";
    const referers: string[] = [];
    page.on("request", (request) => referers.push(request.headers().referer ?? ""));
    const answer = await page.goto(`${path}?token=${token}`);
    expect(answer?.headers()).toMatchObject({
      "referrer-policy": "no-referrer",
      "cache-control": expect.stringContaining("no-store"),
    });
    await expect(page.locator("meta[name=robots]")).toHaveAttribute("content", /noindex/);
    await expect(page).toHaveURL(path);
    await page.goto("/signin");
    await page.goBack();
    await expect(page).toHaveURL(path);
    expect(referers.join()).not.toContain(token);
    expect(
      await page.evaluate(() =>
        JSON.stringify([window.history.state, Object.entries(localStorage), Object.entries(sessionStorage)]),
      ),
    ).not.toContain(token);
  });
}

test("nothing moves for whoever wants it so (ACC-07)", async ({ page }) => {
  const moving = () =>
    page.evaluate(() => {
      const seconds = (list: string) => Math.max(...list.split(",").map((one) => Number.parseFloat(one)));
      return [...document.querySelectorAll("*")].filter((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element);
        return Math.max(seconds(animationDuration), seconds(transitionDuration)) > 0.01;
      }).length;
    });
  await page.goto("/signup");
  expect(await moving()).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await moving()).toBe(0);
});
