import { type InboxMessage, readInbox } from "@/delivery/inbox";
import { env } from "@/env";
import { accept, type Outcome, refuse } from "./outcome";

/** The messages of the last 24 hours, newest first. Only where messages go to the inbox; elsewhere there is no such page. */
export async function inboxMessages(): Promise<Outcome<InboxMessage[]>> {
  return env().mail === "inbox" ? accept(await readInbox()) : refuse("NOT_FOUND");
}
