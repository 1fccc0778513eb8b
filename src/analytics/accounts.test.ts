import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { listAccounts } from "./accounts";
import { getAccount } from "./story";

testDatabase();

test("a search finds an account by the beginning of any of its words, by number and by id, and by nothing else", async () => {
  const { id, email } = await account("live", {
    name: "Ada King Lovelace",
    username: "countess",
    email: `ada.lovelace-${Date.now()}@letters.example`,
    phoneNumber: "+14155550134",
    phoneVerified: true,
  });
  await account("live", { name: "Grace Hopper" });
  const found = async (query: string) => (await listAccounts(db(), query, {}, null)).items.map((row) => row.id);
  const [{ sNo } = { sNo: 0 }] = (await listAccounts(db(), "lovelace", {}, null)).items;
  for (const query of [
    "Love",
    "king ada",
    "LOVELACE",
    "countess",
    email,
    "letters",
    "+1 (415) 555-0134",
    "1415555",
    `#${sNo}`,
    id,
  ])
    expect([query, await found(query)]).toEqual([query, [id]]);
  for (const query of ["velace", "#999999", "'; drop table users; --", "%", "!&|"])
    expect([query, await found(query)]).toEqual([query, []]);
  expect((await found("")).length).toBeGreaterThanOrEqual(2);
});

test("pages of accounts have no gaps and no repetitions, and filters narrow them", async () => {
  for (let at = 0; at < 55; at += 1)
    await account("live", { name: at % 2 ? "Page" : "ÉTÉ PAGE", isActive: at % 5 > 0 });
  const first = await listAccounts(db(), "page", {}, null);
  const second = await listAccounts(db(), "page", {}, Number(first.nextCursor));
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([50, 5, null]);
  expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(55);
  // Too few of the newest match, so all accounts are searched.
  expect((await listAccounts(db(), "été page", {}, null)).items).toHaveLength(28);
  expect((await listAccounts(db(), "page", { state: "deactivated" }, null)).items).toHaveLength(11);
});

test("the filter for locked accounts finds locked ones and ones with closed codes, and shows which is which", async () => {
  const [soon, past] = [new Date(Date.now() + 60_000), new Date(Date.now() - 60_000)];
  const locked = await account("live", { name: "Siege", lockedUntil: soon });
  const closed = await account("live", { name: "Siege", codesClosedUntil: soon });
  const over = await account("live", { name: "Siege", lockedUntil: past, codesClosedUntil: past });
  const found = async (isLocked: boolean) =>
    (await listAccounts(db(), "siege", { locked: isLocked }, null)).items.map((row) => [
      row.id,
      row.isLocked,
      row.isClosed,
    ]);
  expect(await found(true)).toEqual([
    [closed.id, false, true],
    [locked.id, true, false],
  ]);
  expect(await found(false)).toEqual([[over.id, false, false]]);
  expect(await getAccount(db(), closed.id)).toMatchObject({ lockedUntil: null, codesClosedUntil: soon.toISOString() });
  expect(await getAccount(db(), over.id)).toMatchObject({ lockedUntil: null, codesClosedUntil: null });
});
