import type { Account } from "@/accounts/accounts";
import { canonicalEmail } from "@/accounts/identifier";
import { countAdmins, hasStandingInvitation, setRole } from "@/accounts/roles";
import type { Tx } from "@/db/client";
import { env } from "@/env";
import { audit } from "./audit";
import type { Caller } from "./caller";

/**
 * The operator's `ADMIN_EMAIL` becomes the first admin where a code sent to it is proven, if its invitation still
 * stands and there is no proven admin (design, "Admins"). Admin pages need its password, too.
 */
export async function grantInvited(tx: Tx, account: Account, from: Caller): Promise<void> {
  const { adminEmail } = env();
  if (account.accountType !== "live" || !adminEmail || account.email !== canonicalEmail(adminEmail)) return;
  if (account.role === "ADMIN" || !account.emailVerified) return;
  if (!(await hasStandingInvitation(tx, account.id)) || (await countAdmins(tx)) > 0) return;
  await setRole(tx, account.id, "ADMIN");
  await audit(tx, from, "admin.grant", { account, because: "ADMIN_EMAIL" });
}
