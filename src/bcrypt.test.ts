import { expect, test } from "vitest";
import { stranger } from "@/testing/hashing";
import { bcryptHash, bcryptMatches, NOBODYS_HASH } from "./bcrypt";
import { Busy } from "./turns";

test("of 100 strangers' hashes at once 62 are made and 38 get Busy (PWD-07)", async () => {
  // Cost 4 is the lowest: this test is about the queue.
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => bcryptHash(`text ${i}`, 4, stranger)),
  );
  const done = outcomes.filter(({ status }) => status === "fulfilled");
  const refused = outcomes.filter((outcome) => outcome.status === "rejected" && outcome.reason instanceof Busy);
  expect(done).toHaveLength(62);
  expect(refused).toHaveLength(38);
  // The queue has room again.
  const hashed = await bcryptHash("afterwards", 4, stranger);
  expect(await bcryptMatches("afterwards", hashed, stranger)).toBe(true);
});

test("the dummy hash has cost 12 and matches no empty password", async () => {
  expect(NOBODYS_HASH).toMatch(/^\$2[aby]\$12\$/);
  expect(await bcryptMatches("", NOBODYS_HASH, stranger)).toBe(false);
});
