import { beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { testServer } from "@/testing/http";
import { callers, DENIALS, matrix, procedures, refusalOf, type Who } from "@/testing/matrix";

testDatabase();
cheapHashing();
const server = testServer();

test("the matrix lists all procedures and nothing else", () => {
  expect(Object.keys(matrix).sort()).toEqual(Object.keys(procedures).sort());
});

beforeAll(() => {
  // This test is not about limits.
  Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
});

async function call(procedure: string, input: unknown, secret: string | null) {
  const headers: Record<string, string> = secret === null ? {} : { cookie: `latchkey_session=${secret}` };
  const isQuery = procedures[procedure]?._def.type === "query";
  const answer = isQuery
    ? await server.send(
        `/api/trpc/${procedure}${input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
        { headers },
      )
    : await server.mutate(procedure, input ?? {}, headers);
  const reason = JSON.parse(answer.body).error?.data?.reason;
  return { status: answer.status, denied: DENIALS.includes(reason) ? reason : undefined };
}

describe.each(Object.entries(matrix))("%s", (procedure, { who: level, input }) => {
  test.each(Object.keys(callers) as Who[])("called by: %s", async (who) => {
    const { status, denied } = await call(procedure, input, await callers[who]());
    expect(status).toBeLessThan(500);
    // A wrong password is also 401, but with its own reason.
    expect(denied).toBe(refusalOf(level, who));
  });
});
