import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright/test";
import { addAttacks, addRanking, ageProofs, demote, forgetSnapshots, makeAdmin } from "./database";
import { expect, type Mailbox, PASSWORD, signedUp, test } from "./fixtures";

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const title = (page: Page) => page.getByRole("heading", { level: 1 });

/** Somebody who has just signed up, with password and code, and is an admin. */
async function becomeAdmin(page: Page, mailbox: Mailbox): Promise<string> {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  await makeAdmin(address);
  return address;
}

/** Somebody else, in a browser of their own. */
async function somebodyElse(page: Page, browser: Browser) {
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin });
  return { context, theirs: await context.newPage() };
}

/** An admin, and a person who has just signed up in a browser of their own. */
async function adminAndPerson(page: Page, mailbox: Mailbox, browser: Browser) {
  await becomeAdmin(page, mailbox);
  const { context, theirs } = await somebodyElse(page, browser);
  const address = mailbox.address();
  await signedUp(theirs, mailbox, address);
  return { context, theirs, address };
}

/** Tries to sign in by password, as somebody in a browser of their own. */
async function trySignIn(page: Page, address: string, password: string) {
  await page.goto("/signin");
  await field(page, "Email or phone number").fill(address);
  await field(page, "Password").fill(password);
  await button(page, "Sign in").click();
}

/** Finds a person by their address, and opens their page. */
async function openPerson(page: Page, address: string) {
  await page.goto("/admin/users");
  await page.getByRole("searchbox", { name: /Name, email/ }).fill(address);
  await button(page, "Search").click();
  await expect(page).toHaveURL(/query=/);
  await page.getByRole("region", { name: "accounts" }).getByRole("link", { name: "Ada Lovelace" }).click();
  await expect(title(page)).toHaveText("Ada Lovelace");
}

test("the dashboard shows what codes do; each number leads to its rows, and the address bar keeps the range (ACC-07)", async ({
  page,
  mailbox,
  axe,
}) => {
  await becomeAdmin(page, mailbox);
  await page.goto("/account");
  await page.getByRole("link", { name: "Admin", exact: true }).click();
  await expect(title(page)).toHaveText("Codes, last 7 days");
  // By keyboard: past the ways elsewhere, to the first thing of the page.
  await page.reload();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "24 h" })).toBeFocused();
  await expect(page.getByText(/^As of \d\d:\d\d:\d\d UTC/)).toBeVisible();
  for (const name of ["Daily statistics", "Funnel", "Time to verify", "Compared", "Top users by requests"])
    await expect(region(page, name).first()).toBeVisible();
  await expect(region(page, "Daily statistics").first().locator("svg.recharts-surface")).toBeVisible();
  // What the chart shows, a table tells.
  await region(page, "Daily statistics").first().getByText("As a table").click();
  const today = new Date().toISOString().slice(0, 10);
  await expect(page.getByRole("row", { name: new RegExp(today) })).toBeVisible();
  await axe("the dashboard");

  await page.getByRole("link", { name: "30 days" }).click();
  await expect(page).toHaveURL(/range=30d/);
  await expect(title(page)).toHaveText("Codes, last 30 days");
  await page.getByRole("combobox", { name: "Purpose" }).selectOption("Sign up");
  await expect(page).toHaveURL(/range=30d.*purpose=sign-up/);
  await page.reload();
  await expect(title(page)).toHaveText("Codes, last 30 days");
  await expect(page.getByRole("combobox", { name: "Purpose" })).toHaveValue("sign-up");
  await page.getByRole("combobox", { name: "Requests in" }).selectOption("1 hour");
  await expect(page).toHaveURL(/range=30d.*hours=1/);
  await expect(region(page, "Requests in the last hour").first()).toBeVisible();
  await page.getByText("Choose days").click();
  await page.getByLabel("From", { exact: true }).fill(today);
  await page.getByLabel("To", { exact: true }).fill(today);
  await button(page, "Show these days").click();
  await expect(title(page)).toHaveText(`Codes, ${today}`);
  await expect(page).toHaveURL(/hours=1/);
  await page.getByRole("navigation", { name: "Compare by" }).getByRole("link", { name: "Mail domain" }).click();
  await expect(region(page, "Compared by mail domain").getByRole("cell", { name: "example.com" })).toBeVisible();

  await page.getByRole("link", { name: /see the rows of Verified sign-up codes/ }).click();
  await expect(page).toHaveURL(/\/admin\/codes\?purpose=sign-up&verified=yes/);
  const rows = region(page, "codes").getByRole("row");
  await expect(rows.nth(1)).toContainText("Verified in");
  // What a link brought along and no field shows is said, and can be dropped.
  await page.goto("/admin/codes?purpose=sign-up&sent=yes&pending=yes");
  await page.getByRole("link", { name: /^pending/ }).click();
  await expect(page).toHaveURL("/admin/codes?purpose=sign-up&sent=yes");
  await expect(page.getByRole("link", { name: /^sent/ })).toBeVisible();
  await axe("the list of codes");
});

test("a panel can be saved as CSV and looked at as SQL; charts are drawn on the admin's pages alone", async ({
  page,
  mailbox,
}) => {
  const scripts = new Map<string, string>();
  page.on("response", async (response) => {
    if (response.url().includes("/_next/static/") && response.url().endsWith(".js"))
      scripts.set(response.url(), await response.text().catch(() => ""));
  });
  const drawing = () => [...scripts.values()].some((text) => text.includes("recharts-"));
  await becomeAdmin(page, mailbox);
  for (const path of ["/", "/signin", "/account"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  expect(scripts.size).toBeGreaterThan(3);
  expect(drawing()).toBe(false);
  await page.goto("/admin");
  await expect.poll(drawing).toBe(true);

  const panel = region(page, "Top users by requests").first();
  const download = page.waitForEvent("download");
  await button(page, "CSV of Top users by requests").click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("top-users.csv");
  const [first] = (await readFile(await file.path(), "utf8")).split("\r\n");
  expect(first).toBe("Person,Email,Phone,Requests,Verified,Tries a code");
  await button(page, "SQL of Top users by requests").click();
  await expect(panel.getByText(/from otp_verifications o join users u/)).toBeVisible();
});

test("who struggles is named, and the findings, the rankings and the lists lead on to all there is", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const { address } = await adminAndPerson(page, mailbox, browser);
  await addAttacks(address);
  const findings = region(page, "Something is unusual");
  const finding = findings.getByRole("listitem").filter({ hasText: "Ada Lovelace, many wrong codes" }).first();
  // What is unusual is a snapshot of the last minute.
  await expect(async () => {
    await forgetSnapshots();
    await page.goto("/admin");
    await expect(finding).toBeVisible();
  }).toPass();
  const numbers = findings.getByRole("link", { name: /^See rows of/ });
  await expect(numbers).toHaveCount(4);
  await button(page, /^Show all \d+ findings/).click();
  await expect(numbers).not.toHaveCount(4);
  await axe("all findings");
  await button(page, "Show fewer").click();
  await expect(numbers).toHaveCount(4);
  await button(page, /^Show all \d+ findings/).click();
  await finding.getByRole("link", { name: /^See rows of Ada Lovelace/ }).click();
  await expect(page).toHaveURL(/\/admin\/codes\?user=[\w-]+&wrong=yes&from=/);
  await expect(page.getByText("The newest 50 codes; older ones can be shown below them.")).toBeVisible();

  // Where older ones could not be had, that is said where one has pressed.
  const refused = { error: { message: "", code: -32029, data: { reason: "RATE_LIMITED", httpStatus: 429 } } };
  await page.route("**/api/trpc/**", (route) => route.fulfill({ status: 429, json: [refused] }));
  await button(page, "Show older codes").click();
  await expect(button(page, "Try again")).toBeVisible();
  await page.unroute("**/api/trpc/**");
  await button(page, "Try again").click();
  await expect(page.getByText("60 codes in all.")).toBeVisible();
  await region(page, "codes").getByRole("link", { name: "Ada Lovelace" }).first().click();
  await expect(title(page)).toHaveText("Ada Lovelace");
  await expect(page).toHaveTitle("Ada Lovelace · Latchkey");
  await expect(page.getByText("on an unknown device").first()).toBeVisible();
});

test("numbers of another choice fade until the new ones are there; the same choice a minute later does not", async ({
  page,
  mailbox,
}) => {
  await becomeAdmin(page, mailbox);
  await addRanking();
  await page.clock.install();
  await expect(async () => {
    await forgetSnapshots();
    await page.goto("/admin");
    await expect(button(page, "Show the first 100").first()).toBeVisible();
  }).toPass();
  const funnel = region(page, "Funnel").first().locator("[aria-busy]").first();
  const top = region(page, "Top users by requests").first().locator("[aria-busy]").first();
  await expect(funnel).toHaveAttribute("aria-busy", "false");
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  await page.route("**/api/trpc/**", async (route) => {
    await opened;
    await route.continue();
  });
  const asked = page.waitForRequest(/admin\.funnel/);
  await page.clock.fastForward("01:05");
  await asked;
  await expect(funnel).toHaveAttribute("aria-busy", "false");
  // Another choice: what was shown is not taken for its answer.
  await button(page, "Show the first 100").first().click();
  await expect(top).toHaveCSS("opacity", "0.4");
  open();
  await expect(top).toHaveCSS("opacity", "1");
  await expect(button(page, "Show the first 10").first()).toHaveAttribute("aria-expanded", "true");
});

test("a demo account has no page of its own: where the audit log leads to it, its codes are shown", async ({
  page,
  mailbox,
  browser,
}) => {
  await becomeAdmin(page, mailbox);
  const { theirs } = await somebodyElse(page, browser);
  const address = mailbox.address();
  await signedUp(theirs, mailbox, address, "demo");
  await page.goto(`/admin/users?type=demo&query=${address}`);
  const codes = page.getByRole("link", { name: "See codes" });
  const id = new URL((await codes.getAttribute("href")) ?? "", page.url()).searchParams.get("demo");
  await page.goto(`/admin/users/${id}`);
  await expect(page).toHaveURL(`/admin/codes?demo=${id}`);
  await expect(page.getByRole("link", { name: /^of one demo account/ })).toBeVisible();
  await expect(region(page, "codes").getByRole("row").nth(1)).toContainText("Verified in");
});

test("nobody is led to sign-in, a user finds no such page, an admin proves who it is, and one just demoted is out", async ({
  page,
  mailbox,
  browser,
}) => {
  await page.goto("/admin/codes?pending=yes");
  await expect(page).toHaveURL(/\/signin\?next=%2Fadmin%2Fcodes%3Fpending%3Dyes$/);

  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  for (const path of ["/admin", "/admin/users", "/admin/audit"]) {
    expect((await page.goto(path))?.status()).toBe(404);
    await expect(page.getByRole("navigation", { name: "Admin" })).toHaveCount(0);
  }

  await makeAdmin(address);
  await ageProofs(address, 25 * 60);
  await page.goto("/admin/policies");
  await expect(page).toHaveURL(/\/step-up\?next=%2Fadmin%2Fpolicies$/);
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Continue").click();
  await button(page, "Send me a code").click();
  await field(page, "Verification code").fill(await mailbox.code(address, 2));
  await button(page, "Verify").click();
  await expect(page).toHaveURL("/admin/policies");
  await expect(page.getByRole("row", { name: /Reset password.*bcrypt.*password_reset_otps/ })).toBeVisible();
  // Ten minutes are for changes of one's own account; these pages stay open for a day.
  await ageProofs(address);
  await page.goto("/admin");
  await expect(title(page)).toHaveText("Codes, last 7 days");

  await demote(address);
  await page.getByRole("link", { name: "24 h" }).click();
  await expect(title(page)).not.toHaveText(/Codes/);
  await expect(page.getByRole("navigation", { name: "Admin" })).toHaveCount(0);
  const other = await browser.newPage();
  expect((await other.goto(new URL("/admin", page.url()).href))?.url()).toContain("/signin");
});

test("one page answers why somebody could not sign in; unlocking is in force at once, and audited", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const { context, theirs, address } = await adminAndPerson(page, mailbox, browser);
  await context.clearCookies();
  for (let at = 0; at < 10; at += 1)
    await theirs.request.post("/api/trpc/signIn.password", {
      data: { identifier: address, password: "wrong wrong wrong" },
      headers: { origin: new URL(page.url()).origin, "sec-fetch-site": "same-origin" },
    });
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs.getByText(/do not go together/)).toBeVisible();

  await openPerson(page, address);
  await expect(page.getByText(/Locked until/)).toBeVisible();
  await expect(
    page.getByText("Sign-in refused: the address was locked, so nothing was compared").first(),
  ).toBeVisible();
  await expect(page.getByText("Sign-in refused: the password was wrong").first()).toBeVisible();
  await expect(page.getByText("Sign up: code asked for by email")).toBeVisible();
  expect(await page.locator("main").innerText()).not.toContain(address);
  await axe("a person's page");

  await button(page, "Unlock").click();
  await expect(field(page, "Reason")).toBeFocused();
  await button(page, "Unlock").last().click();
  await expect(field(page, "Reason")).toHaveAccessibleDescription(/Say why/);
  await field(page, "Reason").fill("They called, and knew their street");
  await button(page, "Unlock").last().click();
  await expect(page.getByText("Unlocked.")).toBeVisible();
  await expect(page.getByText("Not locked")).toBeVisible();
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs).toHaveURL("/account");

  await page.getByRole("link", { name: "Its audit log" }).click();
  await expect(page.getByRole("row", { name: /Unlocked.*They called, and knew their street.*An admin/ })).toBeVisible();
  await axe("the audit log");
});

test("an admin deactivates, activates, ends sessions, sends a reset and deletes; each is in force on the next request", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const { theirs, address } = await adminAndPerson(page, mailbox, browser);
  await openPerson(page, address);
  // Thought better of: the focus is back where it was.
  await button(page, "Deactivate").click();
  await button(page, "Cancel").click();
  await expect(button(page, "Deactivate")).toBeFocused();
  const act = async (name: string, said: string) => {
    await button(page, name).first().click();
    await field(page, "Reason").fill("Asked for by the person");
    await button(page, name).last().click();
    await expect(page.getByText(said)).toBeVisible();
  };

  await act("Deactivate", "Deactivated.");
  await theirs.goto("/account");
  await expect(theirs).toHaveURL(/\/signin/);
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs.getByText(/do not go together/)).toBeVisible();
  await act("Activate", "Activated.");
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs).toHaveURL("/account");
  const devices = page.getByRole("region", { name: "Known devices" });
  const known = await devices.getByRole("button", { name: /^Forget Chrome on / }).count();
  await axe("a person's known devices");
  await devices
    .getByRole("button", { name: /^Forget Chrome on / })
    .first()
    .click();
  await button(page, "Cancel").click();
  await expect(devices.getByRole("button", { name: /^Forget Chrome on / }).first()).toBeFocused();
  await devices
    .getByRole("button", { name: /^Forget Chrome on / })
    .first()
    .click();
  await field(page, "Reason").fill("Asked for by the person");
  await button(page, "Forget device").click();
  await expect(devices.getByRole("status")).toHaveText(/is forgotten\.$/);
  await expect(devices.getByRole("button", { name: /^Forget Chrome on / })).toHaveCount(known - 1);
  await theirs.goto("/account");
  await expect(theirs).toHaveURL(/\/signin/);
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs).toHaveURL("/account");
  await act("End all sessions", "All sessions are ended.");
  await theirs.goto("/account");
  await expect(theirs).toHaveURL(/\/signin/);
  await act("Send a reset link", "A reset link is on its way.");
  await expect.poll(async () => (await mailbox.newest(address)).text).toContain("/reset-password?token=");

  await button(page, "Delete account").first().click();
  await field(page, "Reason").fill("Asked for by the person");
  await button(page, "Delete account").last().click();
  await expect(page).toHaveURL("/admin/users");
  await trySignIn(theirs, address, PASSWORD);
  await expect(theirs.getByText(/do not go together/)).toBeVisible();
});

test("an address without an account has a story; addresses are masked until asked for, which is audited", async ({
  page,
  mailbox,
  browser,
  axe,
}) => {
  const admin = await becomeAdmin(page, mailbox);
  const { theirs } = await somebodyElse(page, browser);
  const stranger = mailbox.address();
  await theirs.goto("/forgot-password");
  await field(theirs, "Email or phone number").fill(stranger);
  await button(theirs, "Send reset code").click();
  await expect(theirs).toHaveURL("/forgot-password/verify");

  await page.goto("/admin/users");
  await page.getByRole("searchbox", { name: /Name, email/ }).fill(stranger);
  await button(page, "Search").click();
  await expect(page.getByText(/No account fits/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "The story of this address" })).toBeVisible();
  await expect(page.getByText("Reset password: code asked for by email")).toBeVisible();
  await expect(page.getByText(/nothing was sent: no account that this opens has this address/)).toBeVisible();
  await axe("people, and the story of an address");

  await page.goto("/admin/users");
  await expect(page.getByRole("cell", { name: admin })).toHaveCount(0);
  await button(page, "Show addresses").first().click();
  await expect(page.getByRole("cell", { name: admin })).toBeVisible();
  await page.goto("/admin/audit?action=admin.reveal");
  await expect(page.getByRole("row", { name: /Addresses shown to an admin.*accounts/ }).first()).toBeVisible();
});

test("messages, policies, the invitation of somebody, and the end of an idle hour (ACC-05)", async ({
  page,
  mailbox,
  axe,
}) => {
  await becomeAdmin(page, mailbox);
  const invited = mailbox.address();
  await page.goto("/admin/users");
  await page.getByText("Invite somebody").click();
  await field(page, "Email to invite").fill("not an address");
  await field(page, "Reason").fill("New colleague");
  await button(page, "Send invitation").click();
  await expect(field(page, "Email to invite")).toHaveAccessibleDescription(/Enter an email address/);
  await field(page, "Email to invite").fill(invited);
  await button(page, "Send invitation").click();
  await expect(page.getByText(`${invited} is invited.`, { exact: false })).toBeVisible();
  await mailbox.newest(invited);

  await page.goto("/admin/deliveries?state=sent");
  await expect(page.getByRole("row", { name: /Invitation.*Sent/ }).first()).toBeVisible();
  await axe("deliveries");
  await page.goto("/admin/policies");
  await expect(page.getByRole("row", { name: /Verify email.*8.*15 min.*passcodes/ })).toBeVisible();
  await axe("policies");

  // The numbers of 24 hours lead to the messages of these hours.
  await page.goto("/admin");
  await region(page, "Jobs and deliveries")
    .getByRole("row", { name: /^Email/ })
    .getByRole("link")
    .nth(1)
    .click();
  await expect(page).toHaveURL(/\/admin\/deliveries\?state=sent&channel=email&from=/);
  await expect(page.getByRole("link", { name: /^since .* UTC/ })).toBeVisible();

  // An hour without a question ends an admin's proofs: it is said before, and put off, and what was typed stays.
  await page.clock.install();
  await page.goto("/admin/users");
  await page.getByText("Invite somebody").click();
  await field(page, "Reason").fill("A long story");
  await page.clock.fastForward("53:30");
  await expect(page.getByText(/These pages close/)).toHaveCount(0);
  await page.clock.fastForward("01:30");
  await expect(page.getByText(/^These pages close at \d\d:\d\d/)).toBeVisible();
  const asked = page.waitForRequest(/account\.me/);
  await button(page, "Stay").click();
  await asked;
  await expect(page.getByText(/These pages close/)).toHaveCount(0);
  await page.clock.fastForward("01:00:00");
  await expect(page.getByText(/These pages have closed/)).toBeVisible();
  await expect(page.getByRole("link", { name: "Prove that it is you, in a new tab" })).toHaveAttribute(
    "href",
    /^\/step-up\?next=%2Fadmin%2Fusers/,
  );
  await expect(field(page, "Reason")).toHaveValue("A long story");
  await axe("an admin's page that has closed");
});

test("an admin's day ends: it is said before, and proofs made in another tab keep the pages open (ACC-05)", async ({
  page,
  mailbox,
}) => {
  const address = await becomeAdmin(page, mailbox);
  const almostADay = 24 * 60 - 3;
  await ageProofs(address, almostADay);
  await page.goto("/admin/policies");
  await expect(page.getByText(/^These pages close at \d\d:\d\d, a day after you proved who you are\.$/)).toBeVisible();
  await button(page, "Check again").click();
  await expect(button(page, "Check again")).toBeEnabled();
  await expect(page.getByText(/These pages close/)).toBeVisible();
  await ageProofs(address, -almostADay);
  await button(page, "Check again").click();
  await expect(page.getByText(/These pages close/)).toHaveCount(0);
});
