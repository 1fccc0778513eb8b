import { expect, signUp, test } from "./fixtures";

test("a wrong password and an unknown address get the same answer, and the address is kept", async ({
  page,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await signUp(page, mailbox, address);
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

test("?next= leads on only inside the app", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signUp(page, mailbox, address);
  for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    await page.context().clearCookies();
    await page.goto(`/signin?next=${encodeURIComponent(next)}`);
    await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
    await page.getByRole("textbox", { name: "Password", exact: true }).fill("blue otter lamp chair");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/account");
  }
});

test("a person signs in by code, and comes out where they wanted to go", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await signUp(page, mailbox, address);
  await page.context().clearCookies();
  await page.goto("/account");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(address);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await expect(page).toHaveURL(/\/signin\/verify\?next=/);
  await axe("a sign-in code was asked for");
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(address, 2));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");
  // The browser forgot its cookies, so it is new to the account: the owner is told.
  expect((await mailbox.newest(address, 3)).subject).toContain("New sign-in");
});
