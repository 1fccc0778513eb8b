import { inviteFirstAdmin } from "@/flows/first-admin";
import { log } from "@/log";
import { task } from "./task";

/** Invites `ADMIN_EMAIL` where there is no admin yet. */
export const firstAdminJob = task("firstAdmin", async () => {
  if (await inviteFirstAdmin()) log().info({ event: "firstAdmin", result: "invited" });
});
