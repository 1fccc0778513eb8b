import { subjectsOf } from "@/accounts/accounts";
import { listDevices } from "@/accounts/devices";
import { listSessions } from "@/accounts/sessions";
import { entriesOf } from "@/audit/audit";
import { db } from "@/db/client";
import { messagesTo } from "@/delivery/story";
import { codesOf } from "@/otp/history";
import { requireFresh } from "./access";
import { me } from "./account";
import { audit } from "./audit";
import type { Caller } from "./caller";
import { limited } from "./limit";
import { accept } from "./outcome";

/** More codes than any account has: an export is complete and still limited. */
const MOST_ROWS = 100_000;

/** All data of the caller's account, without secrets. */
export async function exportAccount(from: Caller) {
  const access = await requireFresh(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  // Counted: each export reads everything and adds an entry to a log that is never deleted.
  const address = account.email ?? account.phoneNumber;
  const tooMany = await limited("requests", from, "account.export", { address, account });
  if (tooMany) return tooMany;
  await audit(db(), from, "account.export", { account });
  const { pendingEmail, pendingPhone, invitedAt, updatedAt, lockedUntil, codesClosedUntil } = account;
  const addresses = subjectsOf(account).map(({ address }) => address);
  return accept({
    account: { ...(await me(from)), pendingEmail, pendingPhone, invitedAt, updatedAt, lockedUntil, codesClosedUntil },
    sessions: await listSessions(db(), account),
    devices: await listDevices(db(), account, { most: MOST_ROWS, sessionId: session.id }),
    codes: await codesOf(db(), account, MOST_ROWS),
    messages: await messagesTo(db(), addresses, MOST_ROWS),
    events: await entriesOf(db(), account.id, MOST_ROWS),
  });
}
