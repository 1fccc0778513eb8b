import { isSupportedCountry } from "libphonenumber-js/max";
import { z } from "zod";

/** The only reader of `process.env`. All faults are listed together, so that an operator can mend them in one go. */

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`);

const flag = z.enum(["on", "off"], "must be on or off").transform((value) => value === "on");

const address = z.email("must be an email address");

const secret = z
  .string()
  .transform((value) => value.split(",").map((part) => part.trim()))
  .superRefine((parts, ctx) => {
    for (const part of parts) {
      if (Buffer.byteLength(part) < 32)
        ctx.addIssue({ code: "custom", message: "each secret must be 32 bytes or more" });
      // Long enough, but can be guessed: a repeated character, a tutorial's sample.
      else if (new Set(part).size < 10 || /change.?me|example|secret|password|your.?app/i.test(part))
        ctx.addIssue({ code: "custom", message: "looks like a sample value: make one with `openssl rand -base64 32`" });
    }
  });

const origin = z.string().transform((value, ctx) => {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.search || url.username) {
    ctx.addIssue({ code: "custom", message: "must be an origin such as https://id.example.com" });
    return z.NEVER;
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    ctx.addIssue({ code: "custom", message: "must be https, except on localhost" });
    return z.NEVER;
  }
  return url;
});

const isCountry = (code: string): boolean => isSupportedCountry(code);
const countries = z
  .string()
  .transform((value) => value.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(z.string().refine(isCountry, "must be ISO country codes such as US,IN,DE")));

/** The settings of a code, by their prefix, with the documents' defaults. */
const otpSettings = (prefix: string, digits: number, minutes: number, attempts: number, cooldown: number) => ({
  [`${prefix}OTP_LENGTH`]: whole(6, 10).default(digits),
  [`${prefix}OTP_EXPIRY_MINUTES`]: whole(1, 60).default(minutes),
  [`${prefix}OTP_MAX_ATTEMPTS`]: whole(1, 10).default(attempts),
  [`${prefix}OTP_COOLDOWN_SECONDS`]: whole(0, 3600).default(cooldown),
});

const otpFields = {
  ...otpSettings("", 6, 10, 5, 60), // 004: without a prefix these are the password reset's
  ...otpSettings("SIGN_UP_", 6, 10, 3, 60), // 001
  ...otpSettings("SIGN_IN_", 6, 10, 3, 60), // 001
  ...otpSettings("EMAIL_CHANGE_", 6, 10, 3, 60), // 001
  ...otpSettings("PHONE_", 6, 5, 3, 60), // 001, with 000's five minutes
  ...otpSettings("VERIFICATION_", 8, 15, 5, 0), // 003: re-sent at once
};

const fields = {
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL"),
  DATABASE_MIGRATE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL")
    .optional(),
  DATA_DIR: z.string().default(".latchkey"),
  HOST: z.string().default("127.0.0.1"),
  PORT: whole(1, 65_535).default(3000),
  BASE_URL: origin.optional(),
  APP_SECRET: secret,
  APP_NAME: z.string().trim().min(1).max(40).default("Latchkey"),
  SUPPORT_EMAIL: address.optional(),
  DELIVERY: z.enum(["resend", "smtp", "inbox"], "must be resend, smtp or inbox").optional(),
  RESEND_API_KEY: z.string().optional(),
  RESEND_BASE_URL: z.url("must be a URL").optional(),
  SMTP_HOST: z.string().optional(),
  SMTP_PORT: whole(1, 65_535).default(587),
  SMTP_USER: z.string().optional(),
  SMTP_PASS: z.string().optional(),
  FROM_EMAIL: address.optional(),
  FROM_NAME: z.string().trim().min(1).max(80).optional(),
  TWILIO_ACCOUNT_SID: z.string().optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_FROM: z.string().optional(),
  TWILIO_BASE_URL: z.url("must be a URL").default("https://api.twilio.com"),
  SMS_COUNTRIES: countries.optional(),
  ADMIN_EMAIL: address.optional(),
  TRUSTED_PROXY_HOPS: whole(0, 10).default(0),
  JOBS: flag.default(true),
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  PASSWORD_MIN_LENGTH: whole(8, 64).default(15),
  IP_HOURLY_REQUESTS: whole(1, 1_000_000).default(30),
  IP_HOURLY_GUESSES: whole(1, 1_000_000).default(60),
  SMS_BLOCK_HOURLY: whole(1, 1_000_000).default(10),
  SMS_DAILY_MAX: whole(1, 100_000_000).default(1000),
  KEEP_ADDRESS_DAYS: whole(1, 3650).default(30),
  KEEP_NETWORK_DAYS: whole(1, 3650).default(180),
  ...otpFields,
};

const missing: Record<string, string> = {
  APP_SECRET: "is required: make one with `openssl rand -base64 32`",
};

type Fields = { [K in keyof typeof fields]: z.output<(typeof fields)[K]> };
export type OtpSettings = { digits: number; ttlSeconds: number; attempts: number; cooldownSeconds: number };

export type Env = ReturnType<typeof shape>;

/** Whether a host name or address is this machine itself. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}

function mailFaults(f: Partial<Fields>): string[] {
  const faults: string[] = [];
  const mail = chooseMail(f);
  if (mail === "resend" && !f.RESEND_API_KEY) faults.push("RESEND_API_KEY: is needed by DELIVERY=resend");
  if (mail === "smtp" && !f.SMTP_HOST) faults.push("SMTP_HOST: is needed by DELIVERY=smtp");
  if (Boolean(f.SMTP_USER) !== Boolean(f.SMTP_PASS)) faults.push("SMTP_USER, SMTP_PASS: set both or neither");
  if (mail === "inbox" && f.BASE_URL && !isLoopback(f.BASE_URL.hostname))
    faults.push(
      "DELIVERY: the inbox shows every code, so BASE_URL must be on localhost; set RESEND_API_KEY or SMTP_HOST",
    );
  if (mail === "inbox" && f.HOST && !isLoopback(f.HOST))
    faults.push("DELIVERY: the inbox shows every code, so HOST must be a loopback address");
  const twilio = [f.TWILIO_ACCOUNT_SID, f.TWILIO_AUTH_TOKEN, f.TWILIO_FROM].filter(Boolean).length;
  if (twilio > 0 && twilio < 3)
    faults.push("TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM: set all three or none");
  return faults;
}

/** `DELIVERY`, or the first provider that is configured, or the inbox. */
function chooseMail(f: Partial<Fields>): "resend" | "smtp" | "inbox" {
  return f.DELIVERY ?? (f.RESEND_API_KEY ? "resend" : f.SMTP_HOST ? "smtp" : "inbox");
}

/** Twilio if configured, else the inbox if it takes the mail. `DELIVERY=inbox` keeps all messages here. */
function chooseSms(f: Fields) {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: from } = f;
  if (f.DELIVERY !== "inbox" && accountSid && authToken && from)
    return { kind: "twilio" as const, accountSid, authToken, from, baseUrl: f.TWILIO_BASE_URL };
  return chooseMail(f) === "inbox" ? { kind: "inbox" as const } : null;
}

/** The part of a limit kept for known devices: a quarter, rounded up, but none of 1. */
const keptOf = (most: number): number => (most === 1 ? 0 : Math.ceil(most / 4));

function shape(f: Fields) {
  const baseUrl = f.BASE_URL ?? new URL(`http://localhost:${f.PORT}`);
  const otp = (prefix: "" | "SIGN_UP_" | "SIGN_IN_" | "EMAIL_CHANGE_" | "PHONE_" | "VERIFICATION_"): OtpSettings => {
    // `otpSettings` builds its keys from the prefix, which TypeScript widens to string.
    const settings = f as unknown as Record<string, number>;
    const read = (name: string) => settings[`${prefix}${name}`] ?? Number.NaN;
    return {
      digits: read("OTP_LENGTH"),
      ttlSeconds: read("OTP_EXPIRY_MINUTES") * 60,
      attempts: read("OTP_MAX_ATTEMPTS"),
      cooldownSeconds: read("OTP_COOLDOWN_SECONDS"),
    };
  };
  const mail = chooseMail(f);
  const sms = chooseSms(f);
  return {
    databaseUrl: f.DATABASE_URL,
    host: f.HOST,
    port: f.PORT,
    baseUrl,
    /** Whether browsers use TLS. */
    secureCookies: baseUrl.protocol === "https:",
    /** The first secret signs, all verify. */
    appSecrets: f.APP_SECRET,
    appName: f.APP_NAME,
    supportEmail: f.SUPPORT_EMAIL ?? null,
    mail,
    resend: { apiKey: f.RESEND_API_KEY ?? "", baseUrl: f.RESEND_BASE_URL },
    smtp: { host: f.SMTP_HOST ?? "", port: f.SMTP_PORT, user: f.SMTP_USER, pass: f.SMTP_PASS },
    /** Null: text messages cannot be sent. */
    sms,
    /** Twilio has none by default, because it bills each message. */
    smsCountries: sms === null ? [] : (f.SMS_COUNTRIES ?? (sms.kind === "inbox" ? ("all" as const) : [])),
    from: { email: f.FROM_EMAIL ?? `no-reply@${baseUrl.hostname}`, name: f.FROM_NAME ?? f.APP_NAME },
    /** Invited to be the first admin. */
    adminEmail: f.ADMIN_EMAIL ?? null,
    trustedProxyHops: f.TRUSTED_PROXY_HOPS,
    jobs: f.JOBS,
    development: f.NODE_ENV === "development",
    logLevel: f.LOG_LEVEL,
    passwordMinLength: f.PASSWORD_MIN_LENGTH,
    /** After so many days the ledger forgets addresses without an account, and all IP addresses and user agents. */
    keepDays: { address: f.KEEP_ADDRESS_DAYS, network: f.KEEP_NETWORK_DAYS },
    /** The limits on text messages, and the parts kept for known devices and sessions. */
    smsMost: { blockHourly: f.SMS_BLOCK_HOURLY, daily: f.SMS_DAILY_MAX },
    smsKept: { blockHourly: keptOf(f.SMS_BLOCK_HOURLY), daily: keptOf(f.SMS_DAILY_MAX) },
    ipHourly: { requests: f.IP_HOURLY_REQUESTS, guesses: f.IP_HOURLY_GUESSES },
    otp: {
      passwordReset: otp(""),
      signUp: otp("SIGN_UP_"),
      signIn: otp("SIGN_IN_"),
      emailChange: otp("EMAIL_CHANGE_"),
      phone: otp("PHONE_"),
      verification: otp("VERIFICATION_"),
    },
  };
}

/**
 * Parses settings.
 * @returns the settings, or all faults: lines with a setting's name but never its value
 */
export function readEnv(
  source: Record<string, string | undefined>,
): { ok: true; env: Env } | { ok: false; faults: string[] } {
  const faults: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    // An empty value in .env means "not set".
    const result = field.safeParse(source[name] === "" ? undefined : source[name]);
    if (result.success) parsed[name] = result.data;
    else
      for (const issue of result.error.issues)
        faults.push(`${name}: ${source[name] ? issue.message : (missing[name] ?? "is required")}`);
  }
  faults.push(...mailFaults(parsed as Partial<Fields>)); // the schemas above made each field
  if (faults.length > 0) return { ok: false, faults: [...new Set(faults)] };
  return { ok: true, env: shape(parsed as Fields) }; // without a fault every field is there
}

/** Whether this is development. Works where the settings are not valid. */
export const isDevelopment = (): boolean => process.env.NODE_ENV === "development";

// Next bundles this module more than once; the settings are one a process.
const shared = globalThis as typeof globalThis & { latchkeyEnv?: Env | undefined };

/**
 * The settings, read at the first use because `next build` imports everything without them.
 * @throws with all faults
 */
export function env(): Env {
  if (!shared.latchkeyEnv) {
    const result = readEnv(process.env);
    if (!result.ok)
      throw new Error(`Settings are not valid:\n${result.faults.map((fault) => `  ${fault}`).join("\n")}`);
    shared.latchkeyEnv = result.env;
  }
  return shared.latchkeyEnv;
}
