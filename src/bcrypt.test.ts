import { expect, test } from "vitest";
import { stranger } from "@/testing/hashing";
import { bcryptHash, bcryptMatches, NOBODYS_HASH } from "./bcrypt";
import { Busy } from "./turns";

test("many at once wait their turn, all are done, and whoever finds the queue full is told to come again (PWD-07)", async () => {
  // Cost 4, the least there is: what is tested is the queue.
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => bcryptHash(`text ${i}`, 4, stranger)),
  );
  const done = outcomes.filter(({ status }) => status === "fulfilled");
  const refused = outcomes.filter((outcome) => outcome.status === "rejected" && outcome.reason instanceof Busy);
  expect(done).toHaveLength(62);
  expect(refused).toHaveLength(38);
  // And then there is room again.
  const hashed = await bcryptHash("afterwards", 4, stranger);
  expect(await bcryptMatches("afterwards", hashed, stranger)).toBe(true);
});

test("nobody's hash costs what a real one does, and is nobody's", async () => {
  expect(NOBODYS_HASH).toMatch(/^\$2[aby]\$12\$/);
  expect(await bcryptMatches("", NOBODYS_HASH, stranger)).toBe(false);
});
