import { env } from "@/env";
import { septets, toGsm } from "./gsm";
import type { OpenedTextMessage, PropsOf, SmsTemplate } from "./messages";
import { deviceLink } from "./pages";
import { type Language, languages } from "./words/languages";

/** What fits one text message. */
const MOST_SEPTETS = 160;

/**
 * A message as one text message. A code ends with its own line, `@host #code`, by which a browser fills it in on our
 * pages and on no other (WICG, origin-bound one-time codes); a link ends likewise on a line of its own, and is whole or
 * not there. Nothing may follow either. A long `APP_NAME` is shortened.
 */
export function renderSms(message: OpenedTextMessage, language: Language = "en"): string {
  const app = oneLine(toGsm(env().appName)) || env().baseUrl.hostname;
  const line = lineOf(message);
  // Of two messages a browser reads neither: a host that leaves no room even for its own line does without.
  const boundTo = septets(line.trimStart()) <= MOST_SEPTETS ? line : "";
  const write = (name: string) => oneLine(toGsm(say(message, name, language)));
  const room = MOST_SEPTETS - septets(boundTo) - septets(write(""));
  // With a long host there is no room for words: the line a browser reads goes before.
  return room < 0 ? boundTo.trimStart() : write(shorten(app, room)) + boundTo;
}

/** What a message ends with, after its words; empty for one that is words alone. */
function lineOf(message: OpenedTextMessage): string {
  if (message.template === "code") return `\n\n@${env().baseUrl.hostname} #${message.props.code}`;
  const isLinked = message.template === "locked-out" || message.template === "codes-closed";
  const { token, accountType } = isLinked ? message.props : {};
  return token ? `\n${deviceLink(token, accountType)}` : "";
}

/** Picks a message's words; generic, so that TypeScript sees that the properties are that template's. */
function say<T extends SmsTemplate>(message: { template: T; props: PropsOf[T] }, app: string, language: Language) {
  return languages[language].sms[message.template](message.props, app);
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** As much of a name as there is room for. A space before it costs one septet that the nameless text has not. */
function shorten(name: string, room: number): string {
  if (septets(name) < room) return name;
  const cut = Array.from(name);
  while (cut.length > 0 && septets(`${cut.join("")}... `) > room) cut.pop();
  return cut.length > 0 ? `${cut.join("").trimEnd()}...` : "";
}
