import type { Proof } from "@/accounts/sessions";
import { db } from "@/db/client";
import { type Owner, ownerColumns } from "@/db/owner";
import { knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import type { AskingCaller } from "@/flows/caller";
import { sessionOf } from "@/flows/session";
import { hashSecret, newSecret } from "@/secrets";
import { browser } from "./people";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

/** How many seconds ago each proof was given. */
type Ages = Partial<Record<Proof, number>>;

/** Inserts a session. @returns the cookie's secret */
export async function session(
  owner: Owner,
  ages: Ages = { code: 0 },
  row: Partial<typeof sessions.$inferInsert> = {},
): Promise<string> {
  const secret = newSecret();
  await db()
    .insert(sessions)
    .values({
      secretHash: hashSecret(secret),
      ...ownerColumns(owner),
      passwordProvedAt: ages.password === undefined ? null : ago(ages.password),
      codeProvedAt: ages.code === undefined ? null : ago(ages.code),
      ...row,
    });
  return secret;
}

/** A signed-in browser, with a known device. */
export async function signedIn(
  account: Owner,
  ages: Ages = { code: 0 },
  overrides: Partial<AskingCaller> = {},
): Promise<AskingCaller & { secret: string }> {
  const device = hashSecret(newSecret());
  const [known] = await db()
    .insert(knownDevices)
    .values({ secretHash: device, ...ownerColumns(account) })
    .returning({ id: knownDevices.id });
  const secret = await session(account, ages, known ? { deviceId: known.id } : {});
  return { ...browser({ devices: [device], session: await sessionOf(secret), ...overrides }), secret };
}
