import { describe, expect, test } from "vitest";
import { makeBreaker } from "./breaker";

function world() {
  let at = 0;
  return { ...makeBreaker(() => at), pass: (seconds: number) => (at += seconds * 1000) };
}

describe("a provider's breaker (DEL-03)", () => {
  test("opens at the fifth failure in a row, reports it once, and returns the wait", () => {
    const { failed, waitFor } = world();
    expect([1, 2, 3, 4].map(() => failed("resend"))).toEqual([false, false, false, false]);
    expect(waitFor("resend")).toBeNull();
    expect(failed("resend")).toBe(true);
    expect(waitFor("resend")).toBe(30);
    expect(failed("resend")).toBe(false);
  });

  test("a success starts the count of failures again", () => {
    const { failed, succeeded, waitFor } = world();
    for (let at = 0; at < 4; at += 1) failed("smtp");
    succeeded("smtp");
    for (let at = 0; at < 4; at += 1) failed("smtp");
    expect(waitFor("smtp")).toBeNull();
  });

  test("after 30 seconds one message tries while the others wait; its success closes the breaker, its failure opens it again", () => {
    const { failed, succeeded, waitFor, pass } = world();
    for (let at = 0; at < 5; at += 1) failed("twilio");
    pass(31);
    expect(waitFor("twilio")).toBeNull();
    expect(waitFor("twilio")).toBe(30);
    failed("twilio");
    expect(waitFor("twilio")).toBe(30);
    pass(31);
    expect(waitFor("twilio")).toBeNull();
    succeeded("twilio");
    expect([waitFor("twilio"), waitFor("twilio")]).toEqual([null, null]);
  });

  test("the failures of one provider do not affect another", () => {
    const { failed, waitFor } = world();
    for (let at = 0; at < 5; at += 1) failed("twilio");
    expect(waitFor("resend")).toBeNull();
  });
});
