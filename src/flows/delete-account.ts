import { holdById } from "@/accounts/accounts";
import { holdSession } from "@/accounts/sessions";
import { db } from "@/db/client";
import { endBrowser } from "@/otp/browsers";
import { requireFreshSession } from "./access";
import { audit } from "./audit";
import type { Caller } from "./caller";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { forgetAccount } from "./retention";

/**
 * Deletes the caller's account: everything personal, in every table and the queue. The ledger's totals stay, and so
 * does the audit log, which holds no address. The owner gets a last message.
 */
export async function deleteOwnAccount(from: Caller): Promise<Outcome<{ ok: true }>> {
  const access = await requireFreshSession(from);
  if (!access.ok) return access;
  const { accountType, id } = access.value.account;
  return db().transaction(async (tx) => {
    const account = await holdById(tx, accountType, id);
    // Deleted in another tab, or signed out by another browser, since the lookup.
    if (!account || !(await holdSession(tx, access.value.session.id))) return refuse("UNAUTHORIZED");
    await audit(tx, from, "account.delete", { account });
    await forgetAccount(tx, account);
    if (from.browser !== null) await endBrowser(tx, from.browser);
    await notify(tx, account, { template: "account-deleted", props: {} });
    return accept({ ok: true });
  });
}
