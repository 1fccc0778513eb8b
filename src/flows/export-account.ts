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

/** More of one's codes than anybody has: an export is whole, and still bounded. */
const MOST_ROWS = 100_000;

/** All that is kept of one's account, but for secrets: nothing in it opens anything. */
export async function exportAccount(from: Caller) {
  const access = await requireFresh(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  // Counted: each reads all there is, and leaves an entry in a log from which nothing is ever deleted.
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
