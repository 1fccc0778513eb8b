import { expect, test } from "vitest";
import { testSettings } from "@/testing/settings";
import { code, email, isReadable, phone } from "./input";

testSettings({ SMS_COUNTRIES: "US" });

test.each(["Ada", "李", "🔑", "Zoë van der Berg", "می\u200cخواهم", "👩\u200d💻", "O\u2019Neil", "X Æ A-12"])(
  "%s is readable as a name",
  (name) => {
    expect(isReadable(name)).toBe(true);
  },
);

test.each(["", " ", "...", "\u200b", "\u3164", "\u00ad", "\u{e0041}", `a${"\u0301".repeat(100)}`, "Ada\u200b"])(
  "%j is not readable as a name",
  (name) => {
    expect(isReadable(name)).toBe(false);
  },
);

test.each(["123456", " 123 456 ", "123-456", "１２３ ４５６", "123\u2013456"])(
  "%s is read as a code (UX-01)",
  (typed) => {
    expect(code.parse(typed)).toBe("123456");
  },
);

const messageOf = (schema: typeof email, typed: string) => schema.safeParse(typed).error?.issues[0]?.message;

test.each(["12", "ada@example.com", "+1 41", "call me"])(
  "%j in a field for phone numbers gets a message about phone numbers",
  (typed) => {
    expect(messageOf(phone, typed)).toMatch(/^Enter the number with its country code/);
  },
);

test.each(["+1 415 555 0134", "ada", "+44 20 7946 0018"])(
  "%j in a field for emails gets a message about emails",
  (typed) => {
    expect(messageOf(email, typed)).toMatch(/^Enter an email address/);
  },
);

test("a phone number to which no message can be sent gets its own message", () => {
  expect(messageOf(phone, "+44 20 7946 0018")).toMatch(/^We cannot send text messages to that number/);
});
