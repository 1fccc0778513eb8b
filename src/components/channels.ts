import type { Channel } from "@/db/channel";
import { type Names, nameIn } from "./names";

/** What the channels are called. */
export const CHANNELS: Names<Channel> = { email: "Email", sms: "SMS" };

/** A channel's name. A row put in by hand has no channel. */
export const channelName = (channel: string | null): string => nameIn(CHANNELS, channel) ?? "Not known";
