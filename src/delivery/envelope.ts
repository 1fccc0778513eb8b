import { type Message, messageSchema, type OpenedMessage } from "./messages";
import { open, seal } from "./seal";

/** Plaintext is filled up to a multiple of this, so that the length of what is sealed tells no template from another. */
const blockBytes = 256;

/** What a sealed message belongs to. Moved to another delivery, or sent to another address, it does not open. */
export type Addressee = { id: string; channel: string; recipient: string };

const boundTo = ({ id, channel, recipient }: Addressee) => `delivery:${id}:${channel}:${recipient}`;

/** A message as the queue holds it, bound to its delivery. */
export function sealMessage(message: Message, to: Addressee): string {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  // JSON may end in spaces, so opening needs no length.
  return seal(text + " ".repeat(Math.ceil(bytes / blockBytes) * blockBytes - bytes), boundTo(to));
}

/**
 * The message of a delivery.
 * @throws {SealBroken} if it does not open; a ZodError or SyntaxError if it holds no message of this release.
 */
export function openMessage(sealed: string, to: Addressee): OpenedMessage {
  return messageSchema.parse(JSON.parse(open(sealed, boundTo(to))));
}
