import { expect, signedUp, test } from "./fixtures";

test("the sign-in page offers an open code for its address, and keeps ?next=, address and type", async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  const field = page.getByRole("textbox", { name: "Email or phone number" });
  const ask = page.getByRole("button", { name: "Send me a code" });
  const have = page.getByRole("link", { name: "Enter the code you have" });
  await page.goto("/signin?next=/account%23password");
  await field.fill(address);
  await page.getByRole("radio", { name: "Demo" }).check();
  await ask.click();
  await expect(page).toHaveURL("/signin/verify?next=%2Faccount%23password");
  await page.getByRole("link", { name: "Use a different address" }).click();
  await expect(page).toHaveURL("/signin?next=%2Faccount%23password&type=demo");
  await expect(field).toHaveValue(address);
  await expect(page.getByRole("radio", { name: "Demo" })).toBeChecked();
  await ask.click();
  await expect(have).toHaveAttribute("href", "/signin/verify?next=%2Faccount%23password");

  // Another browser has just asked for another address.
  await page.route(/signIn\.requestCode/, (route) =>
    route.fulfill({
      status: 429,
      json: [{ error: { code: -32029, message: "", data: { reason: "COOLDOWN", retryAfterSeconds: 42 } } }],
    }),
  );
  await field.fill(mailbox.address());
  await ask.click();
  await expect(page.getByText(/Ask again in 4\d seconds/)).toBeVisible();
  await expect(have).toBeHidden();

  await field.fill(address);
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await expect(page).toHaveURL("/forgot-password?type=demo");
  await expect(field).toHaveValue(address);
  await expect(page.getByRole("radio", { name: "Demo" })).toBeChecked();
});

for (const [path, button, answer] of [
  ["/signin", "Send me a code", "Check your email"],
  ["/forgot-password", "Send a link instead", "Look in your mail"],
] as const)
  test(`a press of “${button}” before the page's scripts have started is not lost`, async ({ page, mailbox }) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/_next/static/**/*.js*", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(path, { waitUntil: "commit" });
    await page.getByRole("textbox", { name: "Email or phone number" }).fill(mailbox.address());
    await page.getByRole("button", { name: button }).click();
    release();
    await expect(page.getByRole("heading", { name: answer })).toBeVisible();
  });

test("a wrong password and an unknown address get the same answer, and the address is kept", async ({
  page,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await page.context().clearCookies();
  const answers = [];
  for (const identifier of [address, mailbox.address()]) {
    await page.goto("/signin");
    const field = page.getByRole("textbox", { name: "Email or phone number" });
    await field.fill(identifier);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill("some other password");
    await page.getByRole("button", { name: "Sign in" }).click();
    const alert = page.getByRole("alert").filter({ hasText: /password/ });
    await expect(alert).toBeVisible();
    answers.push(await alert.textContent());
    await expect(field).toHaveValue(identifier);
  }
  expect(answers[0]).toBe(answers[1]);
  await axe("a refused sign-in");
});

test("?next= leads only to pages of the app", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    await page.context().clearCookies();
    await page.goto(`/signin?next=${encodeURIComponent(next)}`);
    await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill("blue otter lamp chair");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/account");
  }
});

test("a person who signs in by code gets to the page they wanted", { tag: "@mail" }, async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await page.context().clearCookies();
  await page.goto("/account");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await expect(page).toHaveURL(/\/signin\/verify\?next=/);
  await axe("a sign-in code was asked for");
  const code = await mailbox.code(address, 2);
  const field = page.getByRole("textbox", { name: "Verification code" });
  await field.fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText(/Too many wrong tries lock an address for 15 minutes/)).toBeVisible();
  await axe("a wrong sign-in code");
  await field.fill(code);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");
  // The browser has lost its cookies, so it is a new device, and the owner gets a notice.
  expect((await mailbox.newest(address, 3)).subject).toContain("New sign-in");
});
