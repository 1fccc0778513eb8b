import { describe, expect, test } from "vitest";
import { readEnv } from "./env";

const SECRET = "k3J9xQ2mV7bN4cT8wR5yL1pD6fH0sZaG";
const right = { DATABASE_URL: "postgres://app@localhost/app", APP_SECRET: SECRET };

const faultsOf = (settings: Record<string, string>) => {
  const result = readEnv({ ...right, ...settings });
  return result.ok ? [] : result.faults;
};
const envOf = (settings: Record<string, string> = {}) => {
  const result = readEnv({ ...right, ...settings });
  if (!result.ok) throw new Error(result.faults.join("\n"));
  return result.env;
};

const twilio = { TWILIO_ACCOUNT_SID: "AC1", TWILIO_AUTH_TOKEN: "swordfish", TWILIO_FROM: "+14155550100" };

describe("readEnv", () => {
  test("has the documents' defaults", () => {
    const env = envOf();
    expect(env.baseUrl.href).toBe("http://localhost:3000/");
    expect(env.mail).toBe("inbox");
    expect(env.otp).toEqual({
      passwordReset: { digits: 6, ttlSeconds: 600, attempts: 5, cooldownSeconds: 60 },
      signUp: { digits: 6, ttlSeconds: 600, attempts: 3, cooldownSeconds: 60 },
      signIn: { digits: 6, ttlSeconds: 600, attempts: 3, cooldownSeconds: 60 },
      emailChange: { digits: 6, ttlSeconds: 600, attempts: 3, cooldownSeconds: 60 },
      phone: { digits: 6, ttlSeconds: 300, attempts: 3, cooldownSeconds: 60 },
      verification: { digits: 8, ttlSeconds: 900, attempts: 5, cooldownSeconds: 0 },
    });
    expect(env).toMatchObject({ passwordMinLength: 15, trustedProxyHops: 0, ipHourly: { requests: 30, guesses: 60 } });
  });

  test("lists all faults at once, without values", () => {
    const faults = faultsOf({
      APP_SECRET: "short",
      PORT: "70000",
      BASE_URL: "http://id.example.com",
      DELIVERY: "pigeon",
      SIGN_UP_OTP_LENGTH: "4",
      OTP_MAX_ATTEMPTS: "many",
      TWILIO_AUTH_TOKEN: "swordfish",
    });
    for (const name of [
      "APP_SECRET",
      "PORT",
      "BASE_URL",
      "DELIVERY",
      "SIGN_UP_OTP_LENGTH",
      "OTP_MAX_ATTEMPTS",
      "TWILIO_",
    ])
      expect(faults.some((fault) => fault.startsWith(name))).toBe(true);
    expect(faults).toHaveLength(7);
    expect(faults.join()).not.toMatch(/short,|swordfish|pigeon/);
  });

  test.each([
    ["no database", { DATABASE_URL: "" }],
    ["no secret", { APP_SECRET: "" }],
    ["a short secret", { APP_SECRET: SECRET.slice(1) }],
    ["a short secret beside a good one", { APP_SECRET: `${SECRET},short` }],
    ["a secret of one letter", { APP_SECRET: "a".repeat(64) }],
    ["a sample secret", { APP_SECRET: "please-change-me-0123456789-abcdef" }],
    ["plain http elsewhere", { BASE_URL: "http://id.example.com" }],
    ["a base with a path", { BASE_URL: "https://id.example.com/app" }],
    ["the inbox for the public", { DELIVERY: "inbox", BASE_URL: "https://id.example.com" }],
    ["the inbox on every interface", { DELIVERY: "inbox", HOST: "0.0.0.0" }],
    ["no provider for the public", { BASE_URL: "https://id.example.com" }],
    ["resend without its key", { DELIVERY: "resend" }],
    ["smtp without its host", { DELIVERY: "smtp" }],
    ["half of Twilio", { TWILIO_ACCOUNT_SID: "AC1" }],
    ["half of an SMTP login", { SMTP_HOST: "mail.example.com", SMTP_USER: "me" }],
    ["a country by three letters", { SMS_COUNTRIES: "usa" }],
    ["a country that has no numbers", { SMS_COUNTRIES: "DE,XX" }],
  ])("refuses %s (CFG-04)", (_name, settings) => {
    expect(faultsOf(settings)).toHaveLength(1);
  });

  test("accepts a public installation, and uses the first configured provider", () => {
    const base = { BASE_URL: "https://id.example.com", HOST: "0.0.0.0" };
    expect(envOf({ ...base, SMTP_HOST: "mail.example.com" })).toMatchObject({ mail: "smtp", secureCookies: true });
    expect(envOf({ ...base, SMTP_HOST: "mail.example.com", RESEND_API_KEY: "re_1" }).mail).toBe("resend");
    expect(envOf({ ...base, RESEND_API_KEY: "re_1" }).from.email).toBe("no-reply@id.example.com");
    expect(envOf({ DELIVERY: "inbox", RESEND_API_KEY: "re_1" }).mail).toBe("inbox");
    expect(envOf({ APP_SECRET: `${SECRET}, ${SECRET}x` }).appSecrets).toEqual([SECRET, `${SECRET}x`]);
  });

  test.each([
    ["the inbox takes every country", {}, { kind: "inbox" }, "all"],
    ["the inbox with SMS_COUNTRIES takes those", { SMS_COUNTRIES: "DE, US" }, { kind: "inbox" }, ["DE", "US"]],
    ["Twilio has no countries by default", twilio, { kind: "twilio", baseUrl: "https://api.twilio.com" }, []],
    [
      "Twilio with SMS_COUNTRIES sends there",
      { ...twilio, SMS_COUNTRIES: "IN" },
      { kind: "twilio", from: "+14155550100" },
      ["IN"],
    ],
    [
      "Twilio works beside a mail provider",
      { ...twilio, RESEND_API_KEY: "re_1", SMS_COUNTRIES: "IN" },
      { kind: "twilio" },
      ["IN"],
    ],
    ["DELIVERY=inbox overrides Twilio", { ...twilio, DELIVERY: "inbox" }, { kind: "inbox" }, "all"],
    ["a mail provider alone sends none", { RESEND_API_KEY: "re_1", SMS_COUNTRIES: "IN" }, null, []],
  ])("text messages: %s", (_name, settings, sms, countries) => {
    const env = envOf(settings);
    if (sms === null) expect(env.sms).toBeNull();
    else expect(env.sms).toMatchObject(sms);
    expect(env.smsCountries).toEqual(countries);
  });
});
