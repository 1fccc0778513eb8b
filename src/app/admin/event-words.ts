import type { Actor } from "@/audit/audit";
import { counted } from "@/components/clock";
import { type Names, nameIn } from "@/components/names";
import { purposeName } from "@/components/purposes";
import type { Channel } from "@/db/channel";
import { actionName } from "./action-names";
import type { DeliveryState } from "./deliveries/states";
import { timeBetween } from "./format";
import { HELD_BACK } from "./held-back-words";
import { messageName } from "./message-name";
import type { AdminOutput } from "./questions";
import { REFUSALS } from "./refusal-words";

type Event = AdminOutput["users"]["story"]["items"][number];
type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** The words for an event: what happened, whether it was good or bad, and details. */
export type EventWords = { what: string; look: "good" | "bad" | "plain"; details: string[] };

/** The words for an event of a person's story. */
export function eventWords(event: Event): EventWords {
  if (event.kind === "code") return code(event);
  return event.kind === "delivery" ? delivery(event) : entry(event);
}

/** The channels, within a sentence. */
const CHANNELS: Names<Channel> = { email: "email", sms: "SMS" };

function code(event: Of<"code">): EventWords {
  const { purpose, channel, address, isVerified, attempts, verifiedAt, at } = event;
  const isLink = purpose?.endsWith("-link");
  const way = `by ${nameIn(CHANNELS, channel) ?? "an unknown way"}`;
  const wrong = attempts - (isVerified ? 1 : 0);
  const used =
    isVerified && verifiedAt ? `used after ${timeBetween(at, verifiedAt)}` : isVerified ? "used" : ended(event);
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

/** The outcome of a code's message. */
function message({ held, delivery: sent, sentAt, at }: Of<"code">): string {
  if (held) return `nothing was sent: ${HELD_BACK[held]}`;
  if (sent?.decoy) return "nothing was sent: no account that this opens has this address";
  if (sent?.template && sent.template !== "code" && !sent.template.endsWith("-link"))
    return `a notice was sent instead ("${messageName(sent.template)}")`;
  if (sentAt) return `sent after ${timeBetween(at, sentAt)}`;
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

function delivery({ template, channel, address, decoy, state, error }: Of<"delivery">): EventWords {
  const outcomes: Names<DeliveryState> = {
    queued: "waiting to be sent",
    sent: "sent",
    failed: `not sent: ${error ?? "the provider refused it"}`,
    dropped: decoy ? "nothing was sent: there is no such account" : dropped(error),
  };
  return {
    what: `Message "${messageName(template)}" by ${nameIn(CHANNELS, channel) ?? channel}`,
    look: state === "failed" ? "bad" : "plain",
    details: [...(address ? [`to ${address}`] : []), nameIn(outcomes, state) ?? state],
  };
}

/** The actors other than the person. */
const ACTORS: Names<Exclude<Actor["kind"], "person">> = {
  admin: "an admin",
  operator: "the operator",
  app: "the app",
};

function entry({ action, result, reason, actor, ipAddress }: Of<"audit">): EventWords {
  const name = actionName(action);
  const isRefused = result === "refused";
  const what = isRefused
    ? `${action === "session.start" ? "Sign-in" : name} refused: ${nameIn(REFUSALS, reason) ?? reason}`
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
      ...(actor === "person" ? [] : [`by ${nameIn(ACTORS, actor) ?? actor}`]),
      ...(ipAddress ? [`from ${ipAddress}`] : []),
    ],
  };
}
