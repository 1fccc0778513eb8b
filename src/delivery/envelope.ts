import { type Message, messageSchema, type OpenedMessage } from "./messages";
import { open, seal } from "./seal";

/** Plaintext is padded to a multiple of this, so that the sealed length does not show the template. */
const blockBytes = 256;

/** The delivery and the address of a sealed message. It does not open in another delivery or for another address. */
export type Addressee = { id: string; channel: string; recipient: string };

const boundTo = ({ id, channel, recipient }: Addressee) => `delivery:${id}:${channel}:${recipient}`;

/** Seals a message for the queue, bound to its delivery. */
export function sealMessage(message: Message, to: Addressee): string {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  // JSON may end in spaces, so the padding needs no length field.
  return seal(text + " ".repeat(Math.ceil(bytes / blockBytes) * blockBytes - bytes), boundTo(to));
}

/**
 * Opens the message of a delivery.
 * @throws {SealBroken} if it does not open; a ZodError or SyntaxError if it holds no message of this release.
 */
export function openMessage(sealed: string, to: Addressee): OpenedMessage {
  return messageSchema.parse(JSON.parse(open(sealed, boundTo(to))));
}
