import type { AccountType } from "@/db/owner";
import { prepareLetters, renderLetter } from "@/emails/frame";
import { env } from "@/env";
import { maskAddress } from "@/mask";
import type { OpenedMessage, PropsOf, Template } from "./messages";
import { deviceLink, page, typeOf } from "./pages";
import { type Language, languages } from "./words/languages";
import type { Way } from "./words/words";

type Shape = {
  code?: string;
  /** The targets of its buttons. All start with `BASE_URL`, except mail to the operator. */
  ways?: [Way, href: string][];
  /** An orange-red header, as 004 wants for the reset mail. */
  alarm?: true;
};

const shapes: { [T in Template]: (props: PropsOf[T]) => Shape } = {
  code: ({ purpose, code }) => (purpose === "password-reset" ? { code, alarm: true } : { code }),
  "verification-link": ({ token }) => ({ ways: [["verifyEmail", page("/verify-email", { token })]] }),
  "reset-link": ({ token }) => ({ ways: [["resetPassword", page("/reset-password", { token })]], alarm: true }),
  invitation: () => ({ ways: [["signUp", page("/signup")]] }),
  "admin-invitation": () => ({
    ways: [
      ["signUp", page("/signup")],
      ["signIn", page("/signin")],
    ],
  }),
  "already-registered": ({ accountType }) => ({
    ways: [["signIn", page("/signin", { type: accountType })], recover(accountType)],
  }),
  "account-deactivated": () => ({ ways: support() }),
  "new-sign-in": ({ accountType }) => ({ ways: [recover(accountType), ["sessions", page("/account")]] }),
  "password-changed": ({ accountType }) => ({ ways: [recover(accountType)] }),
  "password-reset-done": ({ accountType }) => ({
    ways: [["signIn", page("/signin", typeOf(accountType))], recover(accountType)],
  }),
  "email-changed": () => ({ ways: support() }),
  "phone-changed": () => ({ ways: [recover()] }),
  "locked-out": ({ accountType, token }) => ({
    ways: [...(token ? [toBrowser(token, accountType)] : []), recover(accountType)],
  }),
  "codes-closed": ({ accountType, token }) => ({ ways: [toBrowser(token, accountType)] }),
  "device-known": ({ accountType }) => ({ ways: [recover(accountType)] }),
  "admin-reset-refused": () => ({}),
  "account-deleted": () => ({ ways: support() }),
  test: () => ({}),
};

const recover = (type?: AccountType): [Way, string] => ["recover", page("/forgot-password", typeOf(type))];

const toBrowser = (token: string, type?: AccountType): [Way, string] => ["useBrowser", deviceLink(token, type)];

function support(): [Way, string][] {
  const { supportEmail } = env();
  return supportEmail ? [["support", `mailto:${supportEmail}`]] : [];
}

export type Mail = { subject: string; html: string; text: string };

/**
 * Renders a message as subject, HTML and text with the same words. The same message always renders the same, because a
 * provider refuses a known key with another content.
 * @param options.to the recipient. The mail shows its masked form, because a stranger may have typed the address.
 */
export async function renderMail(
  message: OpenedMessage,
  { to, language = "en" }: { to: string; language?: Language },
): Promise<Mail> {
  const { appName, supportEmail } = env();
  const words = languages[language];
  const { subject, title, preview, before, after, code, ways = [], alarm } = write(message, appName, language);
  const buttons = ways.map(([way, href]) => ({ label: words.ways[way], href }));
  const sentBy = words.footer.sentBy(appName, maskAddress(to));
  const questions = supportEmail === null ? null : { line: words.footer.questions(supportEmail), email: supportEmail };
  const html = await renderLetter({
    language: words.language,
    app: appName,
    title,
    preview: preview ?? before[0] ?? title,
    before,
    code,
    buttons,
    after,
    footer: { sentBy, questions },
    alarm,
  });
  const links = buttons.map(({ label, href }) => `${label}: ${href.replace(/^mailto:/, "")}`);
  const foot = [sentBy, questions?.line].filter(Boolean).join(" ");
  const paragraphs = [title, ...before, ...(code === undefined ? [] : [code]), ...links, ...after, foot];
  return { subject, html, text: `${paragraphs.join("\n\n")}\n` };
}

/** Returns a message's words and shape. Generic, so that TypeScript knows the properties of that template. */
function write<T extends Template>(
  { template, props }: { template: T; props: PropsOf[T] },
  app: string,
  language: Language,
) {
  return { ...languages[language].mail[template](props, app), ...shapes[template](props) };
}

/** Loads what renders mails. A process that sends calls it at its start. */
export const prepareMail = prepareLetters;
