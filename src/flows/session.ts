import { findSession, type Session } from "@/accounts/sessions";
import { db } from "@/db/client";

/** The live session behind a cookie's secret, or null. */
export const sessionOf = (secret: string): Promise<Session | null> => findSession(db(), secret);
