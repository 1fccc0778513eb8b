import { counted } from "@/components/clock";
import { purposeName } from "@/components/purposes";
import { duration } from "./format";
import type { Admin } from "./questions";

type Event = Admin["users"]["story"]["items"][number];
type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** An event in words: what happened, whether it was good or bad, and what else is known. */
export type Told = { what: string; look: "good" | "bad" | "plain"; details: string[] };

/** Tells an event of somebody's story in words. */
export function tell(event: Event): Told {
  if (event.kind === "code") return code(event);
  return event.kind === "delivery" ? delivery(event) : entry(event);
}

const CHANNELS: Partial<Record<string, string>> = { email: "email", sms: "SMS" };

function code(event: Of<"code">): Told {
  const { purpose, channel, address, isVerified, attempts, verifiedAt, at } = event;
  const isLink = purpose?.endsWith("-link");
  const way = `by ${CHANNELS[channel ?? ""] ?? "an unknown way"}`;
  const wrong = attempts - (isVerified ? 1 : 0);
  const used =
    isVerified && verifiedAt ? `used after ${duration(seconds(at, verifiedAt))}` : isVerified ? "used" : ended(event);
  return {
    what: `${purposeName(purpose)}: ${isLink ? "link" : "code"} asked for ${way}`,
    look: isVerified ? "good" : "plain",
    details: [
      ...(address ? [`to ${address}`] : []),
      message(event),
      ...(wrong > 0 ? [counted(wrong, "wrong try", "wrong tries")] : []),
      used,
      ...(event.ipAddress ? [`from ${event.ipAddress}`] : []),
      event.share === "device" ? "on a known device" : "on an unknown device",
    ],
  };
}

/** What became of a code's message. */
function message({ held, delivery: sent, sentAt, at }: Of<"code">): string {
  if (held) return `nothing was sent: ${heldWords(held)}`;
  if (sent?.decoy) return "nothing was sent: no account that this opens has this address";
  if (sent?.template && sent.template !== "code" && !sent.template.endsWith("-link"))
    return `a notice was sent instead ("${messageName(sent.template)}")`;
  if (sentAt) return `sent after ${duration(seconds(at, sentAt))}`;
  if (sent?.state === "failed") return `not sent: ${sent.error ?? "the provider refused it"}`;
  if (sent?.state === "dropped") return dropped(sent.error);
  return sent?.state === "queued" ? "waiting to be sent" : "not known to be sent";
}

function dropped(error: string | null): string {
  return error === "superseded" ? "not sent: it was replaced or ended first" : "not sent: it would have come too late";
}

function ended({ supersededAt, expiresAt }: Of<"code">): string {
  if (supersededAt) return "not used: replaced, or ended by another proof";
  return expiresAt && Date.parse(expiresAt) < Date.now() ? "not used: expired" : "open";
}

function delivery({ template, channel, address, decoy, state, error }: Of<"delivery">): Told {
  const outcome: Partial<Record<string, string>> = {
    queued: "waiting to be sent",
    sent: "sent",
    failed: `not sent: ${error ?? "the provider refused it"}`,
    dropped: decoy ? "nothing was sent: there is no such account" : dropped(error),
  };
  return {
    what: `Message "${messageName(template)}" by ${CHANNELS[channel] ?? channel}`,
    look: state === "failed" ? "bad" : "plain",
    details: [...(address ? [`to ${address}`] : []), outcome[state] ?? state],
  };
}

/** What a message is called: "new-sign-in" is "New sign in". */
export const messageName = (template: string): string =>
  (template[0]?.toUpperCase() ?? "") + template.slice(1).replaceAll("-", " ");

/** What the audit log's actions are called. */
const ACTIONS: Partial<Record<string, string>> = {
  "session.start": "Signed in",
  "session.step-up": "Proved once more who they are",
  "session.end": "Signed out",
  "session.revoke": "Ended a session",
  "device.forget": "Forgot a device",
  "code.ask": "Code asked for",
  "code.check": "Code entered",
  "link.ask": "Link asked for",
  lockout: "Locked for 15 minutes: ten wrong codes or passwords in an hour",
  "guesses.close": "Codes closed to unknown devices: a hundred wrong ones in a row",
  "device.know": "Browser made known by a link",
  "account.create": "Account created",
  "account.delete": "Account deleted",
  "account.export": "Data exported",
  "profile.change": "Profile changed",
  "password.set": "Password set",
  "password.change": "Password changed",
  "password.reset": "Password reset",
  "email.prove": "Email verified",
  "email.change": "Email changed",
  "phone.prove": "Phone number verified",
  "phone.change": "Phone number changed",
  "admin.invite": "Invited",
  "admin.grant": "Made an admin",
  "admin.revoke": "Made a user again",
  "admin.unlock": "Unlocked",
  "admin.reset": "Password reset by an admin",
  "admin.set-active": "Activated or deactivated",
  "admin.revoke-sessions": "All sessions ended by an admin",
  "admin.forget-device": "Device forgotten by an admin",
  "admin.delete": "Account deleted by an admin",
  "admin.reveal": "Addresses shown to an admin",
};

/** All actions with their words, for a choice. */
export const actionChoices = Object.entries(ACTIONS).map(([value, name]) => ({ value, name: name ?? value }));

/** An action in words. */
export const actionName = (action: string): string => ACTIONS[action] ?? action;

/** The rules that hold a message back, in words: why nothing was sent. */
const HELD: Record<NonNullable<Of<"code">["held"]>, string> = {
  "mailbox an hour": "the mailbox had its messages of the hour",
  "mailbox a day": "the mailbox had its messages of the day",
  "text messages of a day": "all text messages of the day were used up",
};

/** Why a message was held back. */
export const heldWords = (rule: keyof typeof HELD): string => HELD[rule];

/** All such rules with their words, for a choice. */
export const HELD_CHOICES = [
  { value: "mailbox an hour", name: "10 an hour to one mailbox" },
  { value: "mailbox a day", name: "30 a day to one mailbox" },
  { value: "text messages of a day", name: "Text messages of a day" },
] as const satisfies { value: keyof typeof HELD; name: string }[];

/** The rules behind refusals, and what they mean for whoever was refused. */
const RULES: Partial<Record<string, string>> = {
  cooldown: "a code was sent less than a minute before",
  "codes an hour": "the address had its five codes of the hour",
  "requests an hour from one IP": "its IP address asked for too many codes in the hour",
  "guesses an hour from one IP": "its IP address tried too many codes and passwords in the hour",
  "no code in this browser": "this browser has no open code: asked for elsewhere, expired, or used",
  "attempts used up": "the code had no tries left",
  "locked out": "the address was locked, so nothing was compared",
  "wrong password": "the password was wrong",
  "no account to sign in to": "no active account has this address",
  "text messages to one block": "numbers that begin alike had their text messages of the hour",
  "text messages of a day": "all text messages of the day were used up",
  "a block that verifies nothing":
    "text messages to numbers that begin alike were not verified lately, so they are paused",
  "guess budget": "too many wrong codes in a day, so nothing was compared",
  "guesses in a row": "a hundred wrong codes in a row, so nothing is compared for unknown devices",
};

function entry({ action, result, reason, actor, ipAddress }: Of<"audit">): Told {
  const name = actionName(action);
  const isRefused = result === "refused";
  const what = isRefused
    ? `${action === "session.start" ? "Sign-in" : name} refused: ${RULES[reason ?? ""] ?? reason}`
    : name;
  return {
    what,
    look:
      isRefused || action === "lockout" || action === "guesses.close"
        ? "bad"
        : action === "session.start"
          ? "good"
          : "plain",
    details: [
      ...(isRefused
        ? [`rule: ${reason}`]
        : reason
          ? [action.startsWith("admin.") ? `reason: ${reason}` : `by ${reason}`]
          : []),
      ...(actor === "person"
        ? []
        : [`by ${{ admin: "an admin", operator: "the operator", app: "the app" }[actor] ?? actor}`]),
      ...(ipAddress ? [`from ${ipAddress}`] : []),
    ],
  };
}

const seconds = (from: string, to: string) => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
