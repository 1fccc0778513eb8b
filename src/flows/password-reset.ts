import { type Account, findById, holdById, keepByAddress, signsIn, stateOf, subjectsOf } from "@/accounts/accounts";
import { setPassword } from "@/accounts/changes";
import { forgetDevices, shareOf } from "@/accounts/devices";
import type { Identifier } from "@/accounts/identifier";
import { hashPassword, passwordFault } from "@/accounts/passwords";
import { endSessionsOf } from "@/accounts/sessions";
import type { Channel } from "@/db/channel";
import { db, type Tx } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { wasAnswered } from "@/otp/links";
import { endChallenges } from "@/otp/retire";
import { passwordResetOtps, phoneOtps } from "@/otp/stores";
import type { Subject } from "@/otp/subject";
import { lifetimeOf, type TokenPurpose } from "@/otp/token-kinds";
import { grantResetToken, peekToken, type Redeemed, redeemToken } from "@/otp/tokens";
import { askForCode, type Plan, type Receipt } from "./ask";
import { askForLink } from "./ask-link";
import { audit } from "./audit";
import type { AskingCaller, Caller, KnownHere } from "./caller";
import { knowDevice } from "./consequences";
import { limited } from "./limit";
import { openCodes } from "./lockout";
import { notify } from "./notices";
import { accept, type Outcome, refuse } from "./outcome";
import { prove } from "./prove";
import { turnOf } from "./turn";

/**
 * An admin's password is not reset by a message alone: control of a mailbox must not be enough to make or keep an
 * admin.
 */
const isAdmin = (account: Account) => account.role === "ADMIN";

/** Whether a message to this address may reset the password of its account. */
function mayReset(account: Account | null, channel: Channel): account is Account {
  return account !== null && signsIn(stateOf(account, channel)) && !isAdmin(account);
}

/** Asks for a reset code (004), by email or SMS. An admin gets a notice instead, and an unknown address a decoy. */
export function requestCode(
  identifier: Identifier,
  accountType: AccountType,
  from: AskingCaller,
): Promise<Outcome<Receipt>> {
  const subject: Subject = { accountType, ...identifier };
  return askForCode("password-reset", subject, from, (tx) => planReset(tx, subject));
}

async function planReset(tx: Tx, subject: Subject): Promise<Plan> {
  const account = await keepByAddress(tx, subject.accountType, subject);
  const owner = account && { accountType: account.accountType, id: account.id };
  const store = subject.channel === "email" ? passwordResetOtps : phoneOtps;
  if (mayReset(account, subject.channel)) return { owner, store, notice: null };
  const isTold = account && isAdmin(account) && stateOf(account, subject.channel) === "active";
  return { owner, store: null, notice: isTold ? { template: "admin-reset-refused", props: {} } : null };
}

/** Checks a reset code. The right one earns a reset token for 15 minutes and this browser, and no session. */
export function verifyCode(
  identifier: Identifier,
  accountType: AccountType,
  code: string,
  from: Caller,
): Promise<Outcome<{ resetToken: string; expiresInSeconds: number }>> {
  const subject: Subject = { accountType, ...identifier };
  return prove("password-reset", subject, code, from, async (tx, { sNo }, account) => {
    if (!mayReset(account, subject.channel)) return refuse("INVALID_CODE");
    return accept({ resetToken: await grantResetToken(tx, sNo), expiresInSeconds: lifetimeOf("reset-token") });
  });
}

/** Sends a reset link, the older way. While one lives, another ask sends and replaces nothing (law 10). */
export function requestLink(
  email: string,
  accountType: AccountType,
  from: AskingCaller,
): Promise<Outcome<{ ok: true }>> {
  const subject: Subject = { accountType, channel: "email", address: email };
  return askForLink("reset-link", subject, from, async (tx) => {
    const account = await keepByAddress(tx, accountType, subject);
    // An admin gets notices no more often than a user gets links: while one lives there is no other (THR-09).
    const wasTold = await wasAnswered(tx, "reset-link", subject);
    const isAdmins = account !== null && isAdmin(account) && stateOf(account, "email") === "active";
    return {
      owner: mayReset(account, "email") ? { accountType, id: account.id } : null,
      notice: isAdmins && !wasTold ? { template: "admin-reset-refused", props: {} } : null,
    };
  });
}

/** The result of a reset: nobody is signed in, but the browser is now a known device of the account. */
export type Reset = KnownHere & { accountType: AccountType };

/**
 * Sets a new password by a reset token, from a code (for this browser only) or from a link. In the same transaction it
 * ends every session and challenge of the account and forgets its devices, except this one; the owner is told. A
 * refused password spends nothing.
 * @param named the owner of the password, if the caller names one; another account's token is refused
 */
export async function reset(
  token: string,
  newPassword: string,
  named: { identifier?: Identifier | undefined; accountType?: AccountType | undefined },
  from: Caller,
): Promise<Outcome<Reset>> {
  const tooMany = await limited("guesses", from, "password.reset", { address: named.identifier?.address });
  if (tooMany) return tooMany;
  const found = await findToken(token, from);
  const account = found && (await findById(db(), found.owner.accountType, found.owner.id));
  if (!found || !mayRedeem(account, found) || !isNamed(found, named)) return refuse("INVALID_TOKEN");
  const fault = passwordFault(newPassword, [account.name ?? "", account.username ?? "", account.email ?? ""]);
  if (fault) return refuse(fault);
  const share = await shareOf(db(), from.devices, { ...found, accountType: account.accountType });
  const passwordHash = await hashPassword(newPassword, turnOf(from, share, account));
  return db().transaction(async (tx) => {
    const now = await holdById(tx, found.owner.accountType, found.owner.id);
    if (!mayRedeem(now, found) || !(await redeemToken(tx, found.purpose, token))) return refuse("INVALID_TOKEN");
    await setPassword(tx, now, passwordHash);
    await endSessionsOf(tx, now);
    await endChallenges(tx, now, subjectsOf(now));
    await openCodes(tx, now);
    const { device, ...known } = await knowDevice(tx, now, from);
    await forgetDevices(tx, now, device.id);
    await notify(tx, now, { template: "password-reset-done", props: { accountType: now.accountType } });
    await audit(tx, from, "password.reset", { account: now, because: found.purpose });
    return accept({ accountType: now.accountType, ...known });
  });
}

/**
 * Whether this token may set this account's password. An admin needs a link that an operator or another admin made: no
 * browser asked for it. Tokens from before the account became an admin are refused.
 */
function mayRedeem(account: Account | null, { browser }: Redeemed): account is Account {
  return account?.isActive === true && (!isAdmin(account) || browser === null);
}

/** The token of a code or a link. A code's token works only in the browser that asked. */
async function findToken(token: string, from: Caller): Promise<(Redeemed & { purpose: TokenPurpose }) | null> {
  const byCode = await peekToken(db(), "reset-token", token);
  if (byCode) return byCode.browser === from.browser ? { ...byCode, purpose: "reset-token" } : null;
  const byLink = await peekToken(db(), "reset-link", token);
  return byLink && { ...byLink, purpose: "reset-link" };
}

function isNamed(
  { owner, address }: Redeemed,
  { identifier, accountType }: { identifier?: Identifier | undefined; accountType?: AccountType | undefined },
): boolean {
  return (!identifier || identifier.address === address) && (!accountType || accountType === owner.accountType);
}
