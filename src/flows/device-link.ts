import { type Account, findById, holdById, signsIn, stateOf } from "@/accounts/accounts";
import { db } from "@/db/client";
import { peekDeviceLink, redeemDeviceLink } from "@/otp/device-links";
import { audit } from "./audit";
import type { Caller, KnownHere } from "./caller";
import { knowDevice } from "./consequences";
import { limited } from "./limit";
import { openCodes } from "./lockout";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { deviceInWords } from "./user-agent";

/** Whether an account can be signed in to. Only then is a known device of use. */
function isOpen(account: Account | null): account is Account {
  return signsIn(stateOf(account));
}

/**
 * Spends a device link. The browser becomes a known device of the account with its own share, and codes that wrong
 * guesses in a row closed are open again. The link proves nothing, sets nothing and signs nobody in, so it works for
 * admins too. The owner is told now, because a later sign-in from this browser sends no notice.
 */
export async function knowThisDevice(token: string, from: Caller): Promise<Outcome<KnownHere>> {
  const tooMany = await limited("guesses", from, "device.know");
  if (tooMany) return tooMany;
  const owner = await peekDeviceLink(db(), token);
  if (!owner || !isOpen(await findById(db(), owner.accountType, owner.id))) return refuse("INVALID_TOKEN");
  return db().transaction(async (tx) => {
    const account = await holdById(tx, owner.accountType, owner.id);
    if (!isOpen(account) || !(await redeemDeviceLink(tx, owner, token))) return refuse("INVALID_TOKEN");
    const { device, ...known } = await knowDevice(tx, account, from);
    await openCodes(tx, account);
    if (device.isNew)
      await notify(tx, account, {
        template: "device-known",
        props: { device: deviceInWords(from.userAgent), accountType: account.accountType },
      });
    await audit(tx, from, "device.know", { account });
    return accept(known);
  });
}
