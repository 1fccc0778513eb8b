import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright/test";
import { z } from "zod";
import { ageProofs, makeAdmin } from "./database";
import { expect, type Mailbox, PASSWORD, proveAddress, signedUp, test } from "./fixtures";

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });

/** An account whose owner signs in with codes alone. */
async function signUpWithoutPassword(page: Page, mailbox: Mailbox, address: string) {
  await proveAddress(page, mailbox, address);
  await page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/trpc/signUp.completeProfile", { method: "POST", headers, body: '{"name":"Ada Lovelace"}' });
  });
  await page.goto("/account");
}

/** The same person in another browser. */
async function signInElsewhere(browser: Browser, page: Page, address: string): Promise<Page> {
  const other = await (await browser.newContext()).newPage();
  await other.goto(new URL("/signin", page.url()).href);
  await field(other, "Email or phone number").fill(address);
  await field(other, "Password").fill(PASSWORD);
  await button(other, "Sign in").click();
  await expect(other).toHaveURL(/\/account$/);
  return other;
}

test("the profile is edited in place, keeps what was typed, and can be emptied", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const profile = section(page, "Profile");
  await button(page, "Edit profile").click();
  await expect(field(page, "Name")).toBeFocused();
  await axe("the profile, open");

  const username = `ada.${address.slice(7, 17)}`;
  await field(page, "Name").fill("Ada King");
  await field(page, "Full name").fill("Augusta Ada King, Countess of Lovelace");
  await field(page, "Country").fill("United Kingdom");
  await page.getByLabel("Date of birth").fill("1915-12-10");
  await field(page, "Username").fill("x");
  await button(page, "Save").click();
  await expect(field(page, "Username")).toHaveAccessibleDescription(/3 to 32/);
  await expect(field(page, "Username")).toBeFocused();
  await expect(field(page, "Country")).toHaveValue("United Kingdom");
  await axe("the profile with a fault");

  await field(page, "Username").fill(username);
  await button(page, "Save").click();
  await expect(profile.getByRole("status")).toHaveText("Your profile is saved.");
  await expect(button(page, "Edit profile")).toBeFocused();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Hello, Ada King");
  for (const text of [username, "Augusta Ada King, Countess of Lovelace", "United Kingdom", "10 December 1915"])
    await expect(profile.getByText(text, { exact: true })).toBeVisible();
  await axe("the profile, saved");

  await button(page, "Edit profile").click();
  await field(page, "Country").fill("");
  await button(page, "Save").click();
  await expect(profile.getByRole("status")).toHaveText("Your profile is saved.");
  await page.reload();
  await expect(profile.getByText("United Kingdom")).toHaveCount(0);
  await expect(profile.getByText(username)).toBeVisible();
});

test("a cancelled edit changes nothing", async ({ page, mailbox }) => {
  await signedUp(page, mailbox, mailbox.address());
  await button(page, "Edit profile").click();
  await field(page, "Name").fill("Somebody Else");
  await button(page, "Cancel").click();
  await expect(button(page, "Edit profile")).toBeFocused();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Hello, Ada Lovelace");
});

test("a first password is set, with its rules up front; then it signs in, and is changed by who knows it", async ({
  page,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await signUpWithoutPassword(page, mailbox, address);
  const password = section(page, "Password");
  await button(page, "Set a password").click();
  await expect(field(page, "New password")).toBeFocused();
  await expect(field(page, "New password")).toHaveAccessibleDescription(/At least 15 characters/);
  await expect(field(page, "Current password")).toHaveCount(0);
  await axe("a first password");
  await field(page, "New password").fill("too short");
  await password.getByRole("button", { name: "Set a password" }).click();
  await expect(field(page, "New password")).toHaveAccessibleDescription(/too short/);
  await field(page, "New password").fill(PASSWORD);
  await password.getByRole("button", { name: "Set a password" }).click();
  await expect(password.getByRole("status")).toHaveText("Your password is set.");

  await button(page, "Change password").click();
  await field(page, "Current password").fill("not the password");
  await field(page, "New password").fill("another otter lamp chair");
  await button(page, "Change password").click();
  await expect(field(page, "Current password")).toHaveAccessibleDescription(/not your password/);
  await expect(field(page, "Current password")).toBeFocused();
  await axe("a wrong password");
  await field(page, "Current password").fill(PASSWORD);
  await button(page, "Change password").click();
  await expect(password.getByRole("status")).toHaveText("Your password is changed.");
  await expect(button(page, "Change password")).toBeFocused();

  await page.context().clearCookies();
  await page.goto("/signin");
  await field(page, "Email or phone number").fill(address);
  await field(page, "Password").fill("another otter lamp chair");
  await button(page, "Sign in").click();
  await expect(page).toHaveURL("/account");
});

test("/account#password opens the form at once, as the page loads and after", async ({ page, mailbox }) => {
  await signedUp(page, mailbox, mailbox.address());
  await page.goto("about:blank");
  await page.goto("/account#password");
  await expect(field(page, "Current password")).toBeFocused();
  await button(page, "Cancel").click();
  await page.goto("/account#password");
  await expect(field(page, "Current password")).toBeFocused();
  await button(page, "Cancel").click();
  await page.reload();
  await expect(button(page, "Change password")).toBeVisible();
});

test("the email is changed by a code to the new address, and the old one is told", async ({ page, mailbox, axe }) => {
  const [address, newAddress] = [mailbox.address(), mailbox.address()];
  await signedUp(page, mailbox, address);
  const email = section(page, "Email");
  await button(page, "Change email").click();
  await button(page, "Send code").click();
  await expect(field(page, "New email")).toHaveAccessibleDescription(/Enter the new email/);
  await field(page, "New email").fill(address);
  await button(page, "Send code").click();
  await expect(field(page, "New email")).toHaveAccessibleDescription(/the one you have/);
  await axe("an email that cannot be taken");

  await field(page, "New email").fill(newAddress);
  await button(page, "Send code").click();
  await expect(field(page, "Verification code")).toBeFocused();
  await expect(email.getByText(newAddress)).toBeVisible();
  await expect(email.getByText("The old one stays until then.")).toBeVisible();
  await axe("a code for the new email");
  const code = await mailbox.code(newAddress);

  // A reload loses nothing, and until the code is entered nothing has changed.
  await page.reload();
  await expect(email.getByText(newAddress)).toBeVisible();
  await field(page, "Verification code").fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
  await button(page, "Verify").click();
  await expect(field(page, "Verification code")).toHaveAccessibleDescription(/2 tries left/);
  await field(page, "Verification code").fill(code);
  await button(page, "Verify").click();
  await expect(email.getByRole("status").last()).toHaveText(/Your email is changed/);
  await expect(email.getByText(newAddress)).toBeVisible();
  await expect(button(page, "Change email")).toBeFocused();
  await expect.poll(async () => (await mailbox.newest(address, 2)).subject).toMatch(/email was changed/);
  await page.reload();
  await expect(email.getByText(newAddress)).toBeVisible();
  await expect(section(page, "Code history").getByRole("listitem").first()).toContainText("Change email");
});

test("an address that somebody has is told to who has proven it, and to nobody before", async ({ page, mailbox }) => {
  const [address, taken] = [mailbox.address(), mailbox.address()];
  await signedUp(page, mailbox, taken);
  await page.context().clearCookies();
  await signedUp(page, mailbox, address);
  await button(page, "Change email").click();
  await field(page, "New email").fill(taken);
  await button(page, "Send code").click();
  await field(page, "Verification code").fill(await mailbox.code(taken, 2));
  await button(page, "Verify").click();
  await expect(field(page, "New email")).toHaveAccessibleDescription(/Someone has this address already/);
  await button(page, "Cancel").click();
  await expect(section(page, "Email").getByText(address)).toBeVisible();
});

test("a change is left by Cancel, and taken up again where its code is under way", async ({ page, mailbox }) => {
  const newAddress = mailbox.address();
  await signedUp(page, mailbox, mailbox.address());
  await button(page, "Change email").click();
  await field(page, "New email").fill(newAddress);
  await button(page, "Send code").click();
  await button(page, "Use a different address").click();
  await expect(field(page, "New email")).toBeFocused();
  await button(page, "Cancel").click();
  await expect(button(page, "Change email")).toBeFocused();
  await page.reload({ waitUntil: "networkidle" });
  await expect(field(page, "Verification code")).toHaveCount(0);
  await button(page, "Change email").click();
  await field(page, "New email").fill(newAddress.toUpperCase());
  await button(page, "Send code").click();
  await field(page, "Verification code").fill(await mailbox.code(newAddress));
  await button(page, "Verify").click();
  await expect(section(page, "Email").getByText(newAddress)).toBeVisible();
});

test("a phone number is added by SMS", async ({ page, mailbox, axe }) => {
  await signedUp(page, mailbox, mailbox.address());
  const number = `+1415${randomInt(2_000_000, 10_000_000)}`;
  const phone = section(page, "Phone number");
  await expect(phone.getByText(/Text messages can be read by others/)).toBeVisible();
  await button(page, "Add phone number").click();
  await field(page, "New phone number").fill("12");
  await button(page, "Send code").click();
  await expect(field(page, "New phone number")).toHaveAccessibleDescription(/country code/);
  await field(page, "New phone number").fill(number.replace("+1415", "+1 (415) "));
  await button(page, "Send code").click();
  await field(page, "Verification code").fill(await mailbox.code(number));
  await button(page, "Verify").click();
  await expect(phone.getByText(number)).toBeVisible();
  await expect(phone.getByText("Verified")).toBeVisible();
  await expect(button(page, "Change phone number")).toBeFocused();
  await axe("an account with a phone number");
});

test("a demo account has no phone number", async ({ page, mailbox }) => {
  await signedUp(page, mailbox, mailbox.address(), "demo");
  await expect(section(page, "Password")).toBeVisible();
  await expect(section(page, "Phone number")).toHaveCount(0);
});

test("a session is ended from another browser, at once, and so are all others", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const sessions = section(page, "Sessions");
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(sessions.getByText("This browser")).toBeVisible();
  await expect(button(page, "Sign out everywhere else")).toHaveCount(0);

  const second = await signInElsewhere(browser, page, address);
  await page.reload();
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await axe("two sessions");
  await page.getByRole("button", { name: /^End session in Chrome on / }).click();
  await expect(sessions.getByRole("status")).toHaveText(/is signed out\.$/);
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(sessions.getByRole("heading")).toBeFocused();
  // The page that stands there notices at the first thing one does.
  await button(second, "Edit profile").click();
  await button(second, "Save").click();
  await expect(second).toHaveURL(/\/signin\?next=/);
  await second.context().close();

  const others = [await signInElsewhere(browser, page, address), await signInElsewhere(browser, page, address)];
  await page.reload();
  await expect(sessions.getByRole("listitem")).toHaveCount(3);
  await button(page, "Sign out everywhere else").click();
  await expect(sessions.getByRole("status")).toHaveText("You are signed out everywhere but here.");
  for (const other of others) {
    await other.reload();
    await expect(other).toHaveURL(/\/signin\?next=/);
    await other.context().close();
  }
  await page.reload();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
});

test("known devices are listed and forgotten: one is signed out, this one stays signed in", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const devices = section(page, "Known devices");
  await expect(devices.getByRole("listitem")).toHaveCount(1);
  await expect(devices.getByText("This browser", { exact: true })).toBeVisible();

  const second = await signInElsewhere(browser, page, address);
  await page.reload();
  await expect(devices.getByRole("listitem")).toHaveCount(2);
  await axe("two known devices");
  // The first is this one.
  await devices
    .getByRole("button", { name: /^Forget Chrome on / })
    .last()
    .focus();
  await page.keyboard.press("Enter");
  await expect(devices.getByRole("status")).toHaveText(/is forgotten\.$/);
  await expect(devices.getByRole("listitem")).toHaveCount(1);
  await expect(section(page, "Sessions").getByRole("listitem")).toHaveCount(1);
  await expect(devices.getByRole("heading")).toBeFocused();
  await second.reload();
  await expect(second).toHaveURL(/\/signin\?next=/);
  await second.context().close();

  await devices.getByRole("button", { name: /^Forget Chrome on / }).click();
  await expect(devices.getByRole("status")).toHaveText("This browser is forgotten. You stay signed in.");
  await expect(devices.getByText("None. The next browser you sign in with becomes one.")).toBeVisible();
  await axe("no known device");
  await page.reload();
  await expect(page).toHaveURL("/account");
});

const exportSchema = z.object({
  account: z.object({ email: z.string(), name: z.string() }),
  sessions: z.array(z.object({ userAgent: z.string() })).length(1),
  codes: z.array(z.object({ purpose: z.string() })).length(1),
  events: z.array(z.object({ action: z.string() })).min(1),
});

test("the export is a file with everything, and holds nothing that opens anything", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  const code = await mailbox.code(address);
  const secrets = (await page.context().cookies()).map(({ value }) => value);
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
  expect(file.suggestedFilename()).toBe("latchkey-account.json");
  const text = await readFile(await file.path(), "utf8");
  expect(exportSchema.parse(JSON.parse(text)).account).toEqual({ email: address, name: "Ada Lovelace" });
  for (const secret of [...secrets, PASSWORD, `"${code}"`]) expect(text).not.toContain(secret);
  // bcrypt, and SHA-256 in hex: no digest of anything.
  expect(text).not.toMatch(/\$2[aby]\$|[0-9a-f]{64}/);
});

test("a proof that is too old leads to /step-up and back, and what was typed is kept", async ({
  page,
  mailbox,
  axe,
}) => {
  const [address, newAddress] = [mailbox.address(), mailbox.address()];
  await signedUp(page, mailbox, address);
  await button(page, "Change email").click();
  await field(page, "New email").fill(newAddress);
  await ageProofs(address);
  await button(page, "Send code").click();
  await expect(page).toHaveURL(/\/step-up\?next=%2Faccount%23email$/);
  await expect(page.getByText("You are about to change your email.")).toBeVisible();
  await expect(field(page, "Password")).toBeFocused();
  await axe("step-up");
  await button(page, "Continue").click();
  await expect(field(page, "Password")).toHaveAccessibleDescription("Enter your password.");
  await field(page, "Password").fill("not the password");
  await button(page, "Continue").click();
  await expect(field(page, "Password")).toHaveAccessibleDescription("That is not your password.");
  await axe("step-up with a wrong password");
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Continue").click();
  await expect(page).toHaveURL("/account#email");
  await expect(field(page, "New email")).toHaveValue(newAddress);
  await button(page, "Send code").click();
  await expect(field(page, "Verification code")).toBeVisible();
});

test("a missing proof is asked for before anything is typed, and a code does as well as the password", async ({
  page,
  mailbox,
  axe,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await ageProofs(address);
  await page.reload();
  await button(page, "Change password").click();
  await expect(page.getByText("You are about to set your password.")).toBeVisible();
  await button(page, "Send me a code").click();
  await expect(field(page, "Verification code")).toBeFocused();
  await expect(field(page, "Password")).toHaveCount(0);
  await axe("step-up by code");
  await page.reload();
  await button(page, "Use your password instead").click();
  await expect(field(page, "Password")).toBeVisible();
  await button(page, "Enter the code we sent").click();
  await field(page, "Verification code").fill(await mailbox.code(address, 2));
  await button(page, "Verify").click();
  await expect(page).toHaveURL("/account#password");
  await expect(field(page, "Current password")).toBeFocused();
});

test("a code whose tries are used up does not stand in the way of the password", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await ageProofs(address);
  await page.goto("/step-up?next=/account%23export");
  await button(page, "Send me a code").click();
  const code = await mailbox.code(address, 2);
  for (const left of ["2 tries left", "1 try left", "No tries left"]) {
    await field(page, "Verification code").fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
    await button(page, "Verify").click();
    await expect(field(page, "Verification code")).toHaveAccessibleDescription(new RegExp(left));
  }
  await page.reload();
  await expect(field(page, "Verification code")).toHaveCount(0);
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Continue").click();
  await expect(page).toHaveURL("/account#export");
  await expect(section(page, "Your data").getByRole("status")).toHaveText("Confirmed. Press Download.");
  await expect(button(page, "Download")).toBeFocused();
});

test("where there is no password, /step-up offers a code and nothing else", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signUpWithoutPassword(page, mailbox, address);
  await ageProofs(address);
  await page.goto("/step-up?next=/account");
  await expect(button(page, "Send me a code")).toBeVisible();
  await expect(field(page, "Password")).toHaveCount(0);
});

test("of an admin /step-up takes the password, then a code", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await makeAdmin(address);
  await ageProofs(address);
  await page.goto("/step-up?next=/account%23delete");
  await expect(
    page.getByText("You are about to delete your account. As an admin you enter your password first, then a code."),
  ).toBeVisible();
  await expect(button(page, "Send me a code")).toHaveCount(0);
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Continue").click();
  await expect(page.getByText("As an admin you enter a code, too.")).toBeVisible();
  await expect(field(page, "Password")).toHaveCount(0);
  await axe("an admin’s second proof");
  await button(page, "Send me a code").click();
  await field(page, "Verification code").fill(await mailbox.code(address, 2));
  await button(page, "Verify").click();
  await expect(page).toHaveURL("/account#delete");
  await expect(field(page, "Type the word delete")).toBeFocused();
});

test("/step-up leads on at once where nothing is missing, to signing in without a session, and never elsewhere", async ({
  page,
  mailbox,
}) => {
  await page.goto("/step-up?next=/account%23email");
  await expect(page).toHaveURL("/signin?next=%2Faccount%23email");
  await signedUp(page, mailbox, mailbox.address());
  await page.goto("/step-up?next=//evil.example");
  await expect(page).toHaveURL("/account");
});

test("the account is deleted by a word, and leads to the start", async ({ page, mailbox, axe }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await button(page, "Delete account").click();
  await expect(section(page, "Your data").getByText("What stays:")).toBeVisible();
  await field(page, "Type the word delete").fill("remove");
  await button(page, "Delete my account").click();
  await expect(field(page, "Type the word delete")).toHaveAccessibleDescription(/Type the word delete/);
  await axe("the deletion");
  await field(page, "Type the word delete").fill(" Delete ");
  await button(page, "Delete my account").click();
  await expect(page.getByText(/Your account is deleted/)).toBeVisible();
  await expect(page).toHaveURL("/");
  await axe("the start, after a deletion");
  await page.reload();
  await expect(page.getByText(/Your account is deleted/)).toHaveCount(0);
  // The messages before are gone with the account.
  await expect.poll(async () => (await mailbox.newest(address)).subject).toMatch(/was deleted/);
  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin\?next=/);
});

test("signed out, going back shows nothing, and the tab has kept nothing of what was typed (SES-05)", async ({
  page,
  mailbox,
}) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  // A page that was loaded whole is one that the browser could keep whole.
  await page.goto("/account");
  await button(page, "Change email").click();
  await field(page, "New email").fill(mailbox.address());
  await button(page, "Send code").click();
  await expect(field(page, "Verification code")).toBeFocused();
  await button(page, "Cancel").click();
  const kept = () => page.evaluate(() => Object.keys(sessionStorage).length);
  expect(await kept()).toBeGreaterThan(0);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL(/\/$/);
  expect(await kept()).toBe(0);
  await page.goBack();
  await expect(page).toHaveURL(/\/signin/);
  await expect(page.getByText(address)).toHaveCount(0);
});

test("nobody is shown what the person before looked up in the same window", async ({ page, mailbox }) => {
  const [first, second] = [mailbox.address(), mailbox.address()];
  await signedUp(page, mailbox, first);
  await expect(page.getByText(first)).toBeVisible();
  await button(page, "Sign out").click();
  await expect(page).toHaveURL(/\/(signin)?$/);
  const shown: string[] = [];
  await page.exposeFunction("tell", (text: string) => shown.push(text));
  await page.evaluate(() => {
    const look = () => window.tell(document.body.innerText);
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await page.getByRole("link", { name: "Sign up" }).click();
  await field(page, "Email or phone number").fill(second);
  await button(page, "Send code").click();
  await field(page, "Verification code").fill(await mailbox.code(second));
  await button(page, "Verify").click();
  await field(page, "Name").fill("Grace Hopper");
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Create account").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Hello, Grace Hopper");
  await expect.poll(() => shown.some((text) => text.includes("Hello, Grace Hopper"))).toBe(true);
  expect(shown.filter((text) => text.includes(first))).toEqual([]);
});

test("keyboard alone suffices to change the password", async ({ page, mailbox }) => {
  await signedUp(page, mailbox, mailbox.address());
  const tabTo = async (name: string) => {
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.textContent);
      if (focused === name) return;
    }
    throw new Error(`no focus on ${name}`);
  };
  await tabTo("Change password");
  await page.keyboard.press("Enter");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type("another otter lamp chair");
  await page.keyboard.press("Enter");
  await expect(section(page, "Password").getByRole("status")).toHaveText("Your password is changed.");
  await expect(button(page, "Change password")).toBeFocused();
});

declare global {
  interface Window {
    tell: (text: string) => void;
  }
}
