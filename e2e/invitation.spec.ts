import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, proveAddress, signedUp, test } from "./fixtures";
import { servers } from "./servers";

/** Runs `npm run admin -- COMMAND EMAIL` while the app runs, and returns its output. */
async function admin(command: string, email: string): Promise<string> {
  const env = { ...process.env, ...servers.inbox.env };
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/admin.mjs", command, email], { env });
  return stdout;
}

test("a person invited by the operator proves the address and completes the profile", async ({ page, mailbox }) => {
  const address = mailbox.address();
  expect(await admin("invite", address)).toContain("is on its way");
  expect((await mailbox.newest(address)).subject).toContain("invited");
  await proveAddress(page, mailbox, address);
  await expect(page).toHaveURL("/signup/profile");
});

test("the operator makes an admin, whose printed reset link sets a new password", async ({ page, mailbox }) => {
  const address = mailbox.address();
  await signedUp(page, mailbox, address);
  expect(await admin("grant", address)).toContain("is an admin now");
  // The new role has ended the sessions.
  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin/);
  const link = /https?:\S+/.exec(await admin("reset", address))?.[0] ?? "";
  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill("green heron window soup");
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");
});
