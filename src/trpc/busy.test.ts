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

/** The faults that are logged meanwhile. */
function faults() {
  const told = vi.spyOn(log.log(), "error");
  return () => told.mock.calls.length;
}

describe("where passwords are hashed", () => {
  test("too many at once are told to come again with 503 and Retry-After, and it is no fault to look into (PWD-07)", async () => {
    const logged = faults();
    vi.spyOn(bcrypt, "bcryptMatches").mockRejectedValueOnce(new Busy());
    const answer = await attempt();
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(answer.body).error.data).toMatchObject({ reason: "BUSY", retryAfterSeconds: 5 });
    expect(logged()).toBe(0);
  });

  test("whoever hung up is no fault, either", async () => {
    const logged = faults();
    vi.spyOn(bcrypt, "bcryptMatches").mockRejectedValueOnce(new HungUp());
    expect((await attempt()).status).toBe(499);
    expect(logged()).toBe(0);
  });

  test("the client's own signal reaches the queue, and is not aborted while it waits for its answer", async () => {
    const asked = vi.spyOn(bcrypt, "bcryptMatches").mockResolvedValueOnce(false);
    expect((await attempt()).status).toBe(401);
    const [, , turn] = asked.mock.calls.at(-1) ?? [];
    expect(turn).toMatchObject({ known: null, signal: expect.any(AbortSignal) });
  });
});
