import { holdById } from "@/accounts/accounts";
import { forgetDevice, listDevices } from "@/accounts/devices";
import { db } from "@/db/client";
import { requireActive } from "./access";
import { audit } from "./audit";
import type { Caller } from "./caller";
import { accept, type Outcome, refuse } from "./outcome";
import { deviceInWords } from "./user-agent";

/** A known device as its owner sees it. `current`: this session is on it. `lastSeenAt`: its last sign-in. */
export type OwnDevice = { id: string; current: boolean; device: string; createdAt: Date; lastSeenAt: Date };

/** The browsers that have signed in to the account, this one first. */
export async function ownDevices(from: Caller): Promise<Outcome<OwnDevice[]>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  const rows = await listDevices(db(), account, { sessionId: session.id });
  const devices = rows.map(({ userAgent, ...row }) => ({ ...row, device: deviceInWords(userAgent) }));
  return accept(devices.sort((a, b) => Number(b.current) - Number(a.current)));
}

/**
 * Forgets a device of the caller's account and ends its sessions, except the session that asks. If that session is on
 * this device, its next sign-in counts as on a new device. A foreign id is answered like a missing one.
 */
export async function forgetOwnDevice(id: string, from: Caller): Promise<Outcome<{ ok: true }>> {
  const access = await requireActive(from);
  if (!access.ok) return access;
  const { account, session } = access.value;
  return db().transaction(async (tx) => {
    await holdById(tx, account.accountType, account.id);
    if (!(await forgetDevice(tx, account, id, session.id))) return refuse("NOT_FOUND");
    await audit(tx, from, "device.forget", { account });
    return accept({ ok: true });
  });
}
