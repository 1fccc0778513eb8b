import { PgDialect } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";
import { constant } from "./fragments";

test.each(["2026-11-27 15:22:10.123+00", "-infinity", "00000003-0000001B-1"])(
  "%s is accepted as a constant",
  (text) => {
    expect(new PgDialect().sqlToQuery(constant(text))).toMatchObject({ sql: `'${text}'`, params: [] });
  },
);

test.each(["'", "now()", "a\\", "2026'; drop table users", "", undefined])(
  "%s is refused as a constant (INP-05)",
  (text) => {
    expect(() => constant(text)).toThrow("not a constant");
  },
);
