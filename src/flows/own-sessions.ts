import { holdById } from "@/accounts/accounts";
import { forgetOtherDevices } from "@/accounts/devices";
import { endSessionsOf, listSessions, revokeSession } from "@/accounts/sessions";
import { db } from "@/db/client";
import { endDeviceLinks } from "@/otp/device-links";
import { requireActive } from "./access";
import { audit } from "./audit";
import type { Caller } from "./caller";
import { accept, type Outcome, refuse } from "./outcome";
import { deviceInWords } from "./user-agent";

/** A signed-in browser as its owner sees it. */
export type OwnSession = {
  id: string;
  current: boolean;
  device: string;
  ipAddress: string | null;
  createdAt: Date;
  lastSeenAt: Date;
};

/** The caller's sessions, this browser's first. */
export async function ownSessions(from: Caller): Promise<Outcome<OwnSession[]>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  const rows = await listSessions(db(), account);
  const sessions = rows.map(({ userAgent, ...row }) => ({
    ...row,
    current: row.id === session.id,
    device: deviceInWords(userAgent),
  }));
  return accept(sessions.sort((a, b) => Number(b.current) - Number(a.current)));
}

/** Ends one of the caller's sessions at once, and forgets its device. A foreign id is answered like a missing one. */
export async function revokeOwnSession(id: string, from: Caller): Promise<Outcome<{ ok: true }>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  const { account } = access.value;
  return db().transaction(async (tx) => {
    await holdById(tx, account.accountType, account.id);
    if (!(await revokeSession(tx, account, id))) return refuse("NOT_FOUND");
    await audit(tx, from, "session.revoke", { account });
    return accept({ ok: true });
  });
}

/** Ends all other sessions of the caller, and forgets all other devices, signed in or not. */
export async function revokeOtherSessions(from: Caller): Promise<Outcome<{ ok: true }>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  return db().transaction(async (tx) => {
    await holdById(tx, account.accountType, account.id);
    await endSessionsOf(tx, account, session.id);
    await forgetOtherDevices(tx, account, session.id);
    await endDeviceLinks(tx, account);
    await audit(tx, from, "session.revoke", { account, because: "all others" });
    return accept({ ok: true });
  });
}
