import { randomInt } from "node:crypto";
import { expect, PASSWORD, test } from "./fixtures";

test("a person signs up, signs in and resets the password by text message, and the page tells its risk (REC-08)", async ({
  page,
  mailbox,
  axe,
}) => {
  const digits = `415${String(2_000_000 + randomInt(7_000_000))}`;
  const number = `+1${digits}`;
  const written = `+1 (${digits.slice(0, 3)}) ${digits.slice(3, 6)}-${digits.slice(6)}`;
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(written);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your phone");
  // The page says that text messages are less safe, and offers another way.
  const risk = page.getByText(/Text messages can be read by others/);
  await expect(risk).toBeVisible();
  await expect(page.getByRole("link", { name: "Use a different number or an email address" })).toBeVisible();
  await axe("a code was sent to a phone");
  expect((await mailbox.newest(number)).text).toMatch(/\n@localhost #\d{6}$/);
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(number));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/signup/profile");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Hedy Lamarr");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/account");
  await expect(risk).toBeVisible();
  await expect(page.getByRole("button", { name: "Add email" })).toBeVisible();

  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(number);
  await page.getByRole("button", { name: "Send me a code" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your phone");
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(number, 2));
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page).toHaveURL("/account");

  // The third message is the notice of a browser that had lost its cookies.
  await page.context().clearCookies();
  await page.goto("/forgot-password");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(written);
  await page.getByRole("button", { name: "Send reset code" }).click();
  await expect(page).toHaveURL("/forgot-password/verify");
  await page.getByRole("textbox", { name: "Verification code" }).fill(await mailbox.code(number, 4));
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByRole("textbox", { name: "New password" }).fill("green heron window soup");
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");
});

test("a browser that reads text messages fills the code in, and the person sends it (UX-03)", async ({
  page,
  mailbox,
}) => {
  await page.addInitScript(() => {
    Object.assign(window, { OTPCredential: class {} });
    Object.defineProperty(navigator, "credentials", {
      value: { get: () => Promise.resolve({ code: "123456" }) },
    });
  });
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(`+1415${2_000_000 + randomInt(7_000_000)}`);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("textbox", { name: "Verification code" })).toHaveValue("123456");
  await expect(page).toHaveURL("/signup/verify");
  await page.goto("/signup");
  await page.getByRole("textbox", { name: "Email or phone number" }).fill(mailbox.address());
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("textbox", { name: "Verification code" })).toHaveValue("");
});
