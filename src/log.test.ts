import { Writable } from "node:stream";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { expect, test } from "vitest";
import { makeLog } from "./log";

/** A log, and the text that it has written so far. */
function readable() {
  let written = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  return { log: makeLog("debug", destination), written: () => written };
}

const driverFault = Object.assign(new Error("duplicate key (email)=(canary@example.com)"), {
  severity: "ERROR",
  code: "23505",
  constraint_name: "users_email_key",
});
const fault = new DrizzleQueryError("insert into users values ($1)", ["canary@example.com"], driverFault);

test("the fault of a query is logged without SQL and parameters, however it is passed (LOG-02)", () => {
  const { log, written } = readable();
  log.error({ event: "x", err: fault });
  log.error({ err: fault }, "fault");
  log.error(fault);
  log.error(driverFault);
  expect(written()).not.toMatch(/canary|insert into/);
  const lines = written()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatchObject({
    level: "error",
    event: "x",
    err: { cause: { errorCode: "23505", constraint: "users_email_key" } },
  });
});

test("another fault is logged with its message, and a thrown value that is no Error by its type", () => {
  const { log, written } = readable();
  log.error({ err: new TypeError("x is not a function") });
  log.error({ err: "canary" });
  expect(written()).toContain("x is not a function");
  expect(written()).not.toContain("canary");
});

test("secrets are redacted by name, and a client's line breaks forge no log line (LOG-04)", () => {
  const { log, written } = readable();
  log.info({ code: "canary", input: { password: "canary" }, path: "a\r\nlevel: forged\u001b[31m" });
  expect(written()).not.toContain("canary");
  expect(written().trim().split("\n")).toHaveLength(1);
});
