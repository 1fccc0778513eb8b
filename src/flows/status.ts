import { db } from "@/db/client";
import { smsPausedUntil } from "@/limits/sms";

/** What the pages tell everybody of text messages, whoever asks: until when they pause, if they do. */
export async function textMessages(): Promise<{ pausedUntil: Date | null }> {
  return { pausedUntil: await smsPausedUntil(db()) };
}
