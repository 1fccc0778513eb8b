import { type InboxMessage, readInbox } from "@/delivery/inbox";
import { type Preview, previews } from "@/delivery/preview";
import { env } from "@/env";
import { accept, type Outcome, refuse } from "./outcome";

/**
 * The messages of the last 24 hours, newest first. Only where the inbox is the provider; otherwise the page does not
 * exist.
 */
export async function inboxMessages(): Promise<Outcome<InboxMessage[]>> {
  return env().mail === "inbox" ? accept(await readInbox()) : refuse("NOT_FOUND");
}

/** A preview of every message, for people who write the words. Only where the inbox is the provider. */
export async function messagePreviews(): Promise<Outcome<Preview[]>> {
  return env().mail === "inbox" ? accept(await previews()) : refuse("NOT_FOUND");
}
