import { expect, test } from "vitest";
import { freshEmail } from "@/testing/people";
import { stage } from "./stage";

const { visitor } = stage({ processes: 3 });

test("three processes and 200 asks at once let exactly the allowed number through (THR-04)", async () => {
  const asked = await Promise.all(
    Array.from({ length: 200 }, () =>
      visitor({ ip: "127.1.0.1" }).call("signIn.requestCode", { identifier: freshEmail() }),
    ),
  );
  const refused = asked.filter(({ status }) => status === 429);
  expect(asked.filter(({ status }) => status === 200)).toHaveLength(30);
  expect(refused).toHaveLength(170);
  expect(refused.every(({ reason }) => reason === "RATE_LIMITED")).toBe(true);
  expect(refused.every(({ headers }) => Number(headers["retry-after"]) > 0)).toBe(true);
});
