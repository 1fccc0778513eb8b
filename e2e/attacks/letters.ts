import { renderMail } from "@/delivery/mail";
import { queuedMessage } from "@/testing/people";

/** The newest mail to somebody, as they would get it. */
export async function mailTo(address: string) {
  const message = await queuedMessage(address);
  if (!message) throw new Error(`no message to ${address}`);
  return renderMail(message, { to: address });
}

/** Wherever a mail leads. */
export const linksIn = ({ html, text }: { html: string; text: string }) => [
  ...[...html.matchAll(/(?:href|src|action|background)="([^"]*)"/g)].map(([, link = ""]) => link),
  ...(text.match(/\w+:\/\/\S+/g) ?? []),
];
