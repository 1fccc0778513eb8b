import { expect, test } from "vitest";
import { closingOf } from "./closing";

const MINUTE = 60_000;
const far = 24 * 60 * MINUTE;

test("the end of an idle hour or a day is announced five minutes before (ACC-05)", () => {
  const idle = { answered: 0, dayEnds: far };
  expect(closingOf(idle, 54 * MINUTE - 1)).toBeNull();
  expect(closingOf(idle, 54 * MINUTE)).toEqual({ because: "idle", at: 59 * MINUTE, isOver: false });
  expect(closingOf(idle, 59 * MINUTE)).toMatchObject({ because: "idle", isOver: true });
  // An answer restarts the hour, but not the day.
  expect(closingOf({ ...idle, answered: 54 * MINUTE }, 54 * MINUTE)).toBeNull();
  const late = { answered: far - MINUTE, dayEnds: far };
  expect(closingOf(late, far - MINUTE)).toEqual({ because: "day", at: far, isOver: false });
  expect(closingOf(late, far)).toMatchObject({ because: "day", isOver: true });
});
