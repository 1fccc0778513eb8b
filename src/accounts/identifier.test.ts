import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { env } from "@/env";
import { testSettings } from "@/testing/settings";
import { canonicalEmail, parseIdentifier } from "./identifier";

testSettings();

/** Sets `SMS_COUNTRIES`: all countries (as with the inbox), some, or none. */
const serve = (countries: "all" | string[]) => {
  env().smsCountries = countries;
};

afterEach(() => serve("all"));

describe("canonicalEmail", () => {
  test.each([
    ["ada@example.com", "ada@example.com"],
    ["  Ada@Example.COM ", "ada@example.com"],
    ["ada.b+tag@example.com", "ada.b+tag@example.com"],
    ["ada@BÜCHER.example", "ada@xn--bcher-kva.example"],
    ["ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"],
    ["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"],
    ["ada@ｅｘａｍｐｌｅ.com", "ada@example.com"],
    ["jose\u0301@example.com", "josé@example.com"],
    ["JOSÉ@example.com", "josé@example.com"],
  ])("%s is %s", (input, expected) => {
    expect(canonicalEmail(input)).toBe(expected);
  });

  test.each([
    ["mıke@example.com", "mike@example.com"],
    ["ｍike@example.com", "mike@example.com"],
    ["oﬃce@example.com", "office@example.com"],
    ["ada²@example.com", "ada2@example.com"],
    ["аda@example.com", "ada@example.com"], // Cyrillic
    ["josé@example.com", "jose@example.com"],
    ["a.da@example.com", "ada@example.com"],
    ["ada+x@example.com", "ada@example.com"],
    ["straße@example.com", "strasse@example.com"],
  ])("%s is not %s: recovery mail goes to nobody else (REC-01)", (one, other) => {
    expect(canonicalEmail(one)).not.toBe(canonicalEmail(other));
    expect(canonicalEmail(one)).not.toBeNull();
  });

  test.each([
    "",
    "ada",
    "@example.com",
    "ada@",
    "ada@localhost",
    "ada@example",
    "a b@example.com",
    "ada@example.com, eve@example.com",
    "ada@example.com\nBcc: eve@example.com",
    "ada@exam ple.com",
    "ada@[127.0.0.1]",
    "ada@127.0.0.1",
    "ada..b@example.com",
    ".ada@example.com",
    '"ada"@example.com',
    "ada@example.com\0",
    "ada\ud800@example.com",
    "ada@-example.com",
    `${"a".repeat(65)}@example.com`,
    `ada@${"a.".repeat(130)}com`,
    "<ada@example.com>",
    "ada@example.com/path",
    "ada@example.com?x#y",
    "ada@example.com\\x",
    "ada@exa\nmple.com",
    "ada@exa%6dple.com",
    "ada@example.com:80",
    "ada\u202e@example.com",
  ])("%j is no address", (input) => {
    expect(canonicalEmail(input)).toBeNull();
  });
});

describe("parseIdentifier", () => {
  const number = { channel: "sms", address: "+14155550134", country: "US" };
  const spellings = [
    "+14155550134",
    "+1 415 555 0134",
    "+1-415-555-0134",
    "+1.415.555.0134",
    "+1 415/555 0134",
    "+1 (415) 555-0134",
    "+1(415)5550134",
    "(+1) 415 555 0134",
    "+ 1 415 555 0134",
    "  +1 415 555 0134\n",
    "0014155550134",
    "00 1 415 555-0134",
    "+1\u00a0415\u00a0555\u00a00134",
    "+1\u202f415\u2009555\u20070134",
    "+1\u2011415\u2011555\u20110134",
    "+1 415\u2013555\u22120134",
    "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff13\uff14",
    "+1\uff08415\uff09555\u30fc0134",
    "\u202a+1 (415) 555-0134\u202c",
    "+1 415 555 0134\u200b",
    "+\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0663\u0664",
  ];

  test("20 spellings of one number have one canonical spelling, which every limit counts (THR-06)", () => {
    expect(new Set(spellings).size).toBeGreaterThanOrEqual(20);
    for (const spelling of spellings) expect([spelling, parseIdentifier(spelling)]).toEqual([spelling, number]);
  });

  test("the characters between a number's digits do not change how it is read", () => {
    const between = fc.stringMatching(/^[ \-./()\u00a0\u2011\u2013\u200e]{0,2}$/);
    const gaps = fc.array(between, { minLength: 11, maxLength: 11 });
    fc.assert(
      fc.property(fc.constantFrom("+", "00", "(+"), gaps, (plus, gap) => {
        const spelling = plus + Array.from("14155550134", (digit, i) => digit + gap[i]).join("");
        expect(parseIdentifier(spelling)).toEqual(number);
      }),
    );
  });

  test("a zero in brackets, which is dialled only within the country, is not part of the number", () => {
    expect(parseIdentifier("+44 (0)20 7946 0958")).toMatchObject({ address: "+442079460958", country: "GB" });
    expect(parseIdentifier("+49 (0)30 901820")).toMatchObject({ address: "+4930901820", country: "DE" });
    // In Italy the zero is part of the number.
    expect(parseIdentifier("+39 06 4620 2121")).toMatchObject({ address: "+390646202121", country: "IT" });
  });

  test.each([
    ["(415) 555-0134", ["US"], "+14155550134"],
    ["1 415 555 0134", ["US"], "+14155550134"],
    ["011 1 415 555 0134", ["US"], "+14155550134"],
    ["0170 1234567", ["DE"], "+491701234567"],
    ["020 7946 0958", ["GB"], "+442079460958"],
    ["+49 170 1234567", ["US", "DE"], "+491701234567"],
  ])("%s with SMS_COUNTRIES=%s is %s", (written, countries, address) => {
    serve(countries);
    expect(parseIdentifier(written)).toEqual({ channel: "sms", address, country: expect.any(String) });
  });

  test("a number without a country code is refused, unless SMS_COUNTRIES names one country only", () => {
    for (const written of ["415 555 0134", "(415) 555-0134", "1 415 555 0134"]) {
      serve("all");
      expect(parseIdentifier(written)).toEqual({ fault: "malformed number" });
      serve(["US", "CA"]);
      expect(parseIdentifier(written)).toEqual({ fault: "malformed number" });
    }
  });

  test.each([
    ["+44 20 7946 0958", ["US"]],
    ["+1 268 464 1234", ["US"]], // Antigua, which shares +1
    ["+1 204 555 0134", ["US"]], // Canada
    ["+14155550134", ["XX"]],
  ])("%s is not of SMS_COUNTRIES=%s", (written, countries) => {
    serve(countries);
    expect(parseIdentifier(written)).toEqual({ fault: "country not served" });
  });

  test("a made-up number is accepted without a list of countries, and refused with one", () => {
    const madeUp = ["+1 415 055 0134", "+44 999 999 9999", "+49 1999999"];
    for (const written of madeUp) expect(parseIdentifier(written)).toMatchObject({ channel: "sms" });
    serve(["US", "GB", "DE"]);
    for (const written of madeUp) expect(parseIdentifier(written)).toEqual({ fault: "malformed number" });
  });

  test.each([
    ["+1 900 555 0199", "premium, United States"],
    ["+44 909 879 0000", "premium, United Kingdom"],
    ["+44 843 123 4567", "shared cost, United Kingdom"],
    ["+44 70 1234 5678", "forwarded at the caller's cost, United Kingdom"],
    ["+1 800 555 0199", "toll-free, United States"],
    ["+800 1234 5678", "toll-free, of no country"],
    ["+979 123 456 789", "premium, of no country"],
    ["+882 16 123 4567", "satellite"],
    ["+883 5100 1234 5678", "a network of no country"],
    ["+870 773 111 632", "ships"],
  ])("%s gets no text message under any SMS_COUNTRIES: %s (THR-08)", (written) => {
    expect(parseIdentifier(written)).toEqual({ fault: "country not served" });
    serve(["US", "GB"]);
    expect(parseIdentifier(written)).toEqual({ fault: "country not served" });
  });

  test("no number is accepted if SMS_COUNTRIES is empty, but an email address is", () => {
    serve([]);
    for (const written of spellings) expect(parseIdentifier(written)).toEqual({ fault: "no text messages" });
    expect(parseIdentifier("ada@example.com")).toEqual({ channel: "email", address: "ada@example.com" });
  });

  test.each([
    "12345",
    "+49 1234",
    "+49 1234 5678 9012 345",
    "00000000",
    "+0 123 456 789",
    "+999 123456",
    "+1 555 0134",
  ])("%s is no number", (written) => {
    expect(parseIdentifier(written)).toEqual({ fault: "malformed number" });
  });

  test.each(["", "+", "++14155550134", "ada", "12@", "+1 415@555"])("%j is no address", (written) => {
    expect(parseIdentifier(written)).toEqual({ fault: "malformed" });
  });

  test.each(["1234", "+1 41", "1+4155550134", "+1415555O134", "+1 415 555 0134 ext. 5"])(
    "%j begins like a number and is answered as a malformed number",
    (written) => {
      expect(parseIdentifier(written)).toEqual({ fault: "malformed number" });
    },
  );

  test("every accepted number is E.164, as the tables check it, and is read as itself again (INP-03)", () => {
    const digits = fc.stringMatching(/^(\+|00)?[0-9 ]{4,24}$/);
    fc.assert(
      fc.property(digits, fc.constantFrom("all" as const, ["DE"], ["US", "GB"]), (written, served) => {
        serve(served);
        const read = parseIdentifier(written);
        if ("fault" in read) return;
        expect(read.address).toMatch(/^\+[1-9]\d{6,14}$/);
        expect(parseIdentifier(read.address)).toEqual(read);
      }),
      { numRuns: 2000 },
    );
  });

  test("an email address gets its canonical spelling, even if it begins with digits", () => {
    expect(parseIdentifier(" Ada@Example.COM ")).toEqual({ channel: "email", address: "ada@example.com" });
    expect(parseIdentifier("14155550134@example.com")).toEqual({
      channel: "email",
      address: "14155550134@example.com",
    });
  });
});
