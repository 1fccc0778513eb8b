import { septets } from "./gsm";
import { type Mail, renderMail } from "./mail";
import { isTextMessage } from "./messages";
import { sampleMessages } from "./samples";
import { renderSms } from "./sms";

/** A message as its recipients see it. Without `sms` it goes by email only. */
export type Preview = { name: string; mail: Mail; sms: { text: string; septets: number } | null };

/** Every message, with made-up properties and the settings in force. */
export function previews(): Promise<Preview[]> {
  return Promise.all(
    sampleMessages().map(async (message) => {
      const text = isTextMessage(message) ? renderSms(message) : null;
      return {
        name: message.template === "code" ? `code, ${message.props.purpose}` : message.template,
        mail: await renderMail(message, { to: "ada@example.com" }),
        sms: text === null ? null : { text, septets: septets(text) },
      };
    }),
  );
}
