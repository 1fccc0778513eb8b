import type { Page } from "playwright/test";
import { expect, PASSWORD, proveAddress, signedUp, signUp, test } from "./fixtures";

/** Asks for a code, up to the page that takes it, at rest: what it still asked the server would count anew. */
async function askForCode(page: Page, address: string, accountType: "Live" | "Demo" = "Live") {
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("radio", { name: accountType }).check();
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page).toHaveURL("/signup/verify");
  await page.reload({ waitUntil: "networkidle" });
}

for (const accountType of ["Live", "Demo"] as const) {
  test(`a person signs up for a ${accountType} account, signs out, and in again with the password`, {
    tag: "@mail",
  }, async ({ page, mailbox }) => {
    const address = mailbox.address();
    await signUp(page, mailbox, address, accountType);
    await expect(page.getByText(address)).toBeVisible();
    await expect(page.getByText("Demo account, since")).toHaveCount(accountType === "Demo" ? 1 : 0);

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/(signin)?$/);
    await page.goto("/account");
    await expect(page).toHaveURL(/\/signin\?next=/);

    await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
    await page.getByRole("radio", { name: accountType }).check();
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/account");
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Ada");
  });
}

test("a wrong code says how many tries are left, then the right one works", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  const code = await mailbox.code(address);
  const field = page.getByRole("textbox", { name: "Verification code" });
  const verify = page.getByRole("button", { name: "Verify" });
  await axe("asked for a code");

  await field.fill("12");
  await verify.click();
  await expect(field).toHaveAccessibleDescription(/all 6 digits/);
  await field.fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
  await verify.click();
  await expect(field).toHaveAccessibleDescription(/That code is not right\. 2 tries left\./);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await axe("a wrong code");

  // As people paste it: in two halves, with spaces around.
  await field.fill(` ${code.slice(0, 3)} - ${code.slice(3)} `);
  await verify.click();
  await expect(page).toHaveURL("/signup/profile");
});

test("three wrong codes end a code, and the page says what to do", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  const code = await mailbox.code(address);
  const field = page.getByRole("textbox", { name: "Verification code" });
  for (const left of ["2 tries left", "1 try left", "No tries left"]) {
    await field.fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
    await page.getByRole("button", { name: "Verify" }).click();
    await expect(field).toHaveAccessibleDescription(new RegExp(left));
  }
  await field.fill(code);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(field).toHaveAccessibleDescription(/No tries left for this code\. Ask for a new one in 0:[0-5]\d\./);
  await axe("no tries left");

  await page.reload();
  await expect(field).toHaveAccessibleDescription(/No tries left for this code\. Ask for a new one in 0:[0-5]\d\./);
  await expect(page.getByText("It has expired")).toBeVisible();
});

test("a reload keeps the address and the countdown; another browser has neither", async ({
  page,
  mailbox,
  browser,
}) => {
  const address = mailbox.address();
  await askForCode(page, address);
  const code = await mailbox.code(address);
  await expect(page.getByText("p•••@example.com")).toBeVisible();
  await expect(page.getByRole("button", { name: /Resend code in 0:[0-5]\d/ })).toBeVisible();

  const other = await browser.newPage();
  await other.goto(new URL("/signup/verify", page.url()).href);
  await expect(other).toHaveURL(/\/signup$/);
  await other.close();

  await page.getByRole("textbox", { name: "Verification code" }).fill(code);
  await page.getByRole("textbox", { name: "Verification code" }).press("Enter");
  await expect(page).toHaveURL("/signup/profile");
});

test("a new code can be asked for when its time has come by the server’s clock", async ({ page, mailbox }) => {
  await page.clock.install();
  await askForCode(page, mailbox.address());
  const resend = page.getByRole("button", { name: /Resend code/ });
  await expect(resend).toHaveAccessibleName(/Resend code in/);
  // The page's clock may run ahead; the server's decides.
  await page.clock.fastForward("01:05");
  await expect(resend).toHaveAccessibleName("Resend code");
  await resend.click();
  await expect(page.getByText(/Ask again in/)).toBeVisible();
});

test("a double click asks for one code, and nothing is said to have failed", async ({ page, mailbox }) => {
  await page.clock.install();
  await askForCode(page, mailbox.address());
  await page.clock.fastForward("01:05");
  let asked = 0;
  await page.route(/signUp\.requestCode/, (route) => {
    asked++;
    return route.fulfill({ json: [{ result: { data: {} } }] });
  });
  await page.getByRole("button", { name: "Resend code", exact: true }).dblclick();
  await expect(page.getByText("You asked for a new code.")).toBeVisible();
  await expect(page.getByRole("main").getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
  expect(asked).toBe(1);
});

test("after the last code of the hour the page keeps waiting, and says that the code still works", async ({
  page,
  mailbox,
  axe,
}) => {
  await page.clock.install();
  await askForCode(page, mailbox.address());
  await page.clock.fastForward("01:05");
  await page.route(/signUp\.requestCode/, (route) =>
    route.fulfill({
      status: 429,
      json: [{ error: { code: -32029, message: "", data: { reason: "RATE_LIMITED", retryAfterSeconds: 3480 } } }],
    }),
  );
  await page.getByRole("button", { name: "Resend code", exact: true }).click();
  await expect(page.getByText("It still works; ask again in 58 minutes.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Resend code in 58 minutes" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await axe("the last code of the hour");
  await page.clock.fastForward("10:00");
  await expect(page.getByText("That was the last code for now. Ask again in 48 minutes.")).toBeVisible();
});

test("one who comes back to the address finds it kept, and the way to the code that was sent", async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  await page.clock.install();
  await askForCode(page, address, "Demo");
  await page.getByRole("link", { name: "Use a different address" }).click();
  const field = page.getByRole("textbox", { name: "Email or phone number" });
  await expect(field).toHaveValue(address);
  await expect(field).toBeFocused();
  await expect(page.getByRole("radio", { name: "Demo" })).toBeChecked();

  await page.getByRole("button", { name: "Send code" }).click();
  const refusal = page.getByText(/A code for this address was asked for a moment ago\. Ask again in \d+ seconds?\./);
  await expect(refusal).toBeVisible();
  await expect(page.getByRole("link", { name: "Enter the code you have" })).toBeVisible();
  await page.clock.fastForward("01:05");
  await expect(refusal).toBeHidden();
});

test("a mail holds the code once in each part, and nothing that a browser would fetch", { tag: "@mail" }, async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  const code = await mailbox.code(address);
  const { subject, text, html } = await mailbox.newest(address);
  expect(subject).not.toContain(code);
  expect(text.split(code)).toHaveLength(2);
  expect(html.split(code)).toHaveLength(2);
  expect(html).not.toMatch(/<img|<link|url\(|@import/i);
});

test("keyboard alone suffices from the first page to the account (ACC-01)", async ({ page, mailbox }) => {
  const address = mailbox.address();
  /** Tabs until the element with this name has the focus, and it shows. */
  const tabTo = async (name: string | RegExp, role: "link" | "button" | "textbox" | "radio") => {
    const target = page.getByRole(role, { name, exact: typeof name === "string" });
    await expect(target).toBeVisible();
    for (let i = 0; i < 30; i++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`no focus on ${name}`);
  };
  await page.goto("/");
  await tabTo("Sign up", "link");
  await page.keyboard.press("Enter");
  await tabTo("Email or phone number", "textbox");
  await page.keyboard.type(address);
  await tabTo("Live", "radio");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await tabTo("Send code", "button");
  await page.keyboard.press("Space");
  const code = await mailbox.code(address);
  await tabTo("Verification code", "textbox");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await tabTo("Name", "textbox");
  await page.keyboard.type("Ada");
  await tabTo("Password", "textbox");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/account");
  await tabTo("Sign out", "button");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/(signin)?$/);
});

test("someone who has an account gets the ordinary page, and a mail with ways in", { tag: "@mail" }, async ({
  page,
  mailbox,
  browser,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const stranger = await browser.newPage();
  await stranger.goto(new URL("/signup", page.url()).href);
  await stranger.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await stranger.getByRole("button", { name: "Send code" }).click();
  await expect(stranger.getByRole("heading", { level: 1 })).toHaveText("Check your email");
  expect((await mailbox.newest(address, 2)).subject).toMatch(/already have/);
  await stranger.close();
});

test("a stranger waits like everyone, and is not led to a code of another browser", async ({
  page,
  mailbox,
  browser,
}) => {
  const address = mailbox.address();
  await askForCode(page, address);
  const stranger = await browser.newPage();
  await stranger.goto(new URL("/signup", page.url()).href);
  await stranger.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await stranger.getByRole("button", { name: "Send code" }).click();
  await expect(stranger.getByText(/Ask again in/)).toBeVisible();
  await expect(stranger.getByRole("link", { name: "Enter the code you have" })).toBeHidden();
  await stranger.close();
});

test("the profile page keeps what was typed, and names what is wrong at its field", async ({ page, mailbox, axe }) => {
  await proveAddress(page, mailbox, mailbox.address());
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  const password = page.getByRole("textbox", { name: "Password", exact: true });
  await axe("the profile");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(name).toBeFocused();
  await expect(name).toHaveAttribute("aria-invalid", "true");

  await name.fill("Ada Lovelace");
  await password.fill("too short");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(password).toHaveAccessibleDescription(/too short/);
  await expect(name).toHaveValue("Ada Lovelace");
  await page.getByRole("button", { name: "Show password" }).click();
  await password.fill("lovelace lovelace 1815");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(password).toHaveAccessibleDescription(/first that anyone would guess/);
  await expect(password).toHaveAttribute("type", "password");
  await page.getByRole("button", { name: "Show password" }).click();
  await expect(password).toHaveAttribute("type", "text");
  await page.getByText("More about you").click();
  await axe("the profile with faults, and all fields");
  await page.getByRole("textbox", { name: "Username" }).fill("x");
  await password.fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("textbox", { name: "Username" })).toHaveAccessibleDescription(/3 to 32/);
  await page.getByRole("textbox", { name: "Username" }).fill("");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/account");
  await axe("the account");
});

test("a profile is of the account that the page shows, whoever signs in beside it", async ({ page, mailbox }) => {
  const [first, second] = [mailbox.address(), mailbox.address()];
  await proveAddress(page, mailbox, first);
  const beside = await page.context().newPage();
  await proveAddress(beside, mailbox, second);

  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ada Lovelace");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText(/signed in to another account by now/)).toBeVisible();
  await expect(page.getByText(second)).toBeVisible();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/account");

  // The other tab still has the form of an account that is complete by now.
  await beside.getByRole("textbox", { name: "Name", exact: true }).fill("Grace Hopper");
  await beside.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await beside.getByRole("button", { name: "Create account" }).click();
  await expect(beside).toHaveURL("/account");
  await expect(beside.getByRole("heading", { level: 1 })).toContainText("Ada");

  await beside.goto("/signin");
  await expect(beside.getByText(`You are signed in as ${second}.`)).toBeVisible();
  await beside.close();
});

test("a long name without a space fits the account page", async ({ page, mailbox, axe }) => {
  await proveAddress(page, mailbox, mailbox.address());
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("A".repeat(120));
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/account");
  await axe("an account with a long name");
});

test("a signed-up person without a profile is led back to it, from anywhere", async ({ page, mailbox }) => {
  await proveAddress(page, mailbox, mailbox.address());
  await page.goto("/account");
  await expect(page).toHaveURL("/signup/profile");
});
