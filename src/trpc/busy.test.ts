import { describe, expect, test, vi } from "vitest";
import * as bcrypt from "@/bcrypt";
import * as log from "@/log";
import { testDatabase } from "@/testing/database";
import { testServer } from "@/testing/http";
import { freshEmail } from "@/testing/people";
import { Busy, HungUp } from "@/turns";

testDatabase();
const { mutate } = testServer();

const attempt = () => mutate("signIn.password", { identifier: freshEmail(), password: "wrong wrong wrong" });

/** Counts the faults that are logged from now on. */
function faults() {
  const told = vi.spyOn(log.log(), "error");
  return () => told.mock.calls.length;
}

describe("a procedure that hashes a password", () => {
  test("answers BUSY with 503 and Retry-After when too many wait, and logs no fault (PWD-07)", async () => {
    const logged = faults();
    vi.spyOn(bcrypt, "bcryptMatches").mockRejectedValueOnce(new Busy());
    const answer = await attempt();
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(answer.body).error.data).toMatchObject({ reason: "BUSY", retryAfterSeconds: 5 });
    expect(logged()).toBe(0);
  });

  test("answers 499 when the client hung up, and logs no fault", async () => {
    const logged = faults();
    vi.spyOn(bcrypt, "bcryptMatches").mockRejectedValueOnce(new HungUp());
    expect((await attempt()).status).toBe(499);
    expect(logged()).toBe(0);
  });

  test("passes the client's abort signal to the queue", async () => {
    const asked = vi.spyOn(bcrypt, "bcryptMatches").mockResolvedValueOnce(false);
    expect((await attempt()).status).toBe(401);
    const [, , turn] = asked.mock.calls.at(-1) ?? [];
    expect(turn).toMatchObject({ known: null, signal: expect.any(AbortSignal) });
  });
});
