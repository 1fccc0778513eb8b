import { type InboxMessage, readInbox } from "@/delivery/inbox";
import { type Preview, previews } from "@/delivery/preview";
import { env } from "@/env";
import { accept, type Outcome, refuse } from "./outcome";

/** The messages of the last 24 hours, newest first. Only where messages go to the inbox; elsewhere there is no such page. */
export async function inboxMessages(): Promise<Outcome<InboxMessage[]>> {
  return env().mail === "inbox" ? accept(await readInbox()) : refuse("NOT_FOUND");
}

/** Every message there is, as it would look. Where the inbox is, for whoever writes its words. */
export async function messagePreviews(): Promise<Outcome<Preview[]>> {
  return env().mail === "inbox" ? accept(await previews()) : refuse("NOT_FOUND");
}
