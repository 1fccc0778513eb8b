import { env } from "@/env";
import { septets, toGsm } from "./gsm";
import type { OpenedTextMessage, PropsOf, SmsTemplate } from "./messages";
import { deviceLink } from "./pages";
import { type Language, languages } from "./words/languages";

/** The room of one text message. */
const MOST_SEPTETS = 160;

/**
 * Renders a message as one text message. A code ends with the line `@host #code`, by which a browser fills the code in
 * on the app's pages only (WICG, origin-bound one-time codes). A link stands on a last line of its own, whole or not at
 * all. Nothing may follow either line. A long `APP_NAME` is shortened.
 */
export function renderSms(message: OpenedTextMessage, language: Language = "en"): string {
  const app = oneLine(toGsm(env().appName)) || env().baseUrl.hostname;
  const line = lineOf(message);
  // A browser reads the line only if it is in one message, so a host that is too long gets none.
  const boundTo = septets(line.trimStart()) <= MOST_SEPTETS ? line : "";
  const write = (name: string) => oneLine(toGsm(say(message, name, language)));
  const room = MOST_SEPTETS - septets(boundTo) - septets(write(""));
  // A long host leaves no room for words: the line for the browser is more useful.
  return room < 0 ? boundTo.trimStart() : write(shorten(app, room)) + boundTo;
}

/** The last line of a message, or an empty text for a message without one. */
function lineOf(message: OpenedTextMessage): string {
  if (message.template === "code") return `\n\n@${env().baseUrl.hostname} #${message.props.code}`;
  const isLinked = message.template === "locked-out" || message.template === "codes-closed";
  const { token, accountType } = isLinked ? message.props : {};
  return token ? `\n${deviceLink(token, accountType)}` : "";
}

/** Returns a message's words. Generic, so that TypeScript knows the properties of that template. */
function say<T extends SmsTemplate>(message: { template: T; props: PropsOf[T] }, app: string, language: Language) {
  return languages[language].sms[message.template](message.props, app);
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** Shortens a name to the room. The space before the name costs one septet that a text without a name does not have. */
function shorten(name: string, room: number): string {
  if (septets(name) < room) return name;
  const cut = Array.from(name);
  while (cut.length > 0 && septets(`${cut.join("")}... `) > room) cut.pop();
  return cut.length > 0 ? `${cut.join("").trimEnd()}...` : "";
}
