import { createElement, type ReactElement } from "react";
import { render as renderHtml, toPlainText } from "react-email";
import { CodeEmail } from "@/emails/code-email";
import type { Brand } from "@/emails/layout";
import { NoticeEmail } from "@/emails/notice-email";
import { env } from "@/env";
import { maskAddress } from "@/mask";
import type { PropsOf, Template } from "./messages";
import { codeTexts, inWords } from "./texts";

/** What every letter says of who sends it and to whom. */
type House = { brand: Brand; sentTo: string };
type Letter<T extends Template> = (props: PropsOf[T], house: House) => { subject: string; body: ReactElement };

const letters: { [T in Template]: Letter<T> } = {
  code: ({ purpose, code, expiresInSeconds }, house) => {
    const text = codeTexts[purpose];
    const { name } = house.brand;
    return {
      subject: text.subject(name),
      body: createElement(CodeEmail, {
        ...house,
        title: text.title,
        ask: text.ask(name),
        code,
        lifetime: inWords(expiresInSeconds),
      }),
    };
  },
  "already-registered": (_props, house) => {
    const { name, url } = house.brand;
    return {
      subject: `You already have a ${name} account`,
      body: createElement(NoticeEmail, {
        ...house,
        title: "You already have an account",
        happened: `${someoneAsked(name)} It already has an account, so nothing has changed.`,
        ways: [{ label: "Sign in", href: new URL("/signin", url).href }],
        otherwise,
      }),
    };
  },
  "account-deactivated": (_props, house) => {
    const { name, supportEmail } = house.brand;
    return {
      subject: `Your ${name} account is deactivated`,
      body: createElement(NoticeEmail, {
        ...house,
        title: "Your account is deactivated",
        happened: `${someoneAsked(name)} Its account is deactivated, so nothing has changed.`,
        ways: supportEmail ? [{ label: "Ask for it back", href: `mailto:${supportEmail}` }] : [],
        otherwise,
      }),
    };
  },
};

const someoneAsked = (appName: string) => `Someone, perhaps you, asked to sign up for ${appName} with this address.`;
const otherwise = "If it was not you, you can ignore this message.";

/** Picks a message's letter; generic, so that TypeScript sees that the properties are that letter's. */
function write<T extends Template>(message: { template: T; props: PropsOf[T] }, house: House) {
  return letters[message.template](message.props, house);
}

/**
 * A message as subject, HTML and text, of the same words. The same message always renders the same: a provider
 * refuses a key it knows with another content.
 * @param options.to the recipient, who is told a masked form of it: a stranger may have typed the rest.
 */
export async function render<T extends Template>(
  message: { template: T; props: PropsOf[T] },
  { to }: { to: string },
): Promise<{ subject: string; html: string; text: string }> {
  const { appName, baseUrl, supportEmail } = env();
  const { subject, body } = write(message, {
    brand: { name: appName, url: baseUrl.origin, supportEmail },
    sentTo: maskAddress(to),
  });
  const html = await renderHtml(body);
  const headings = ["h1", "h2"].map((selector) => ({ selector, options: { uppercase: false } }));
  return { subject, html, text: toPlainText(html, { selectors: headings }) };
}
