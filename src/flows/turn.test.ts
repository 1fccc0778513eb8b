import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Session } from "@/accounts/sessions";
import { browser } from "@/testing/people";
import { turnOf } from "./turn";

const session: Session = {
  id: randomUUID(),
  accountType: "live",
  accountId: randomUUID(),
  proofs: [],
  proofAges: { password: null, code: null },
};

test("a known device and a live session of the account are known; the device has priority (PWD-07)", () => {
  const [share, own] = [randomUUID(), { id: session.accountId }];
  expect(turnOf(browser(), share, own).known).toBe(share);
  expect(turnOf(browser({ session }), null, own).known).toBe(session.id);
  // One browser is one key, with any number of sessions.
  expect(turnOf(browser({ session }), share, own).known).toBe(share);
});

test("a session is a stranger at another account, and without one (PWD-07)", () => {
  expect(turnOf(browser({ session }), null, { id: randomUUID() }).known).toBeNull();
  expect(turnOf(browser({ session }), null, null).known).toBeNull();
  expect(turnOf(browser(), null, { id: session.accountId }).known).toBeNull();
});

test("the turn has the client's signal", () => {
  const { signal } = new AbortController();
  expect(turnOf(browser({ signal }), null, null).signal).toBe(signal);
});
