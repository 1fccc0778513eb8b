import { db } from "@/db/client";
import { smsPausedUntil } from "@/limits/sms";

/** The pause of text messages, as the pages show it to everybody: its end, or null. */
export async function textMessages(): Promise<{ pausedUntil: Date | null }> {
  return { pausedUntil: await smsPausedUntil(db()) };
}
