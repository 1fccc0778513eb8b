import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { stage } from "./stage";

const CANARY = "canary8Zq3vN5xK2";
/** Each secret setting there is, with a value that can be found again. */
const secrets = {
  APP_SECRET: `${CANARY}-app-b7Rt4Yp7Kd2Hf5Js0Ga`,
  RESEND_API_KEY: `re_${CANARY}`,
  SMTP_HOST: "127.0.0.1",
  SMTP_USER: `${CANARY}-user`,
  SMTP_PASS: `${CANARY}-pass`,
  TWILIO_ACCOUNT_SID: `AC${CANARY}`,
  TWILIO_AUTH_TOKEN: `${CANARY}-token`,
  TWILIO_FROM: "+14155550100",
};

const { visitor } = stage({ env: { ...secrets, DELIVERY: "inbox" } });

const built = fileURLToPath(new URL("../../.next/static", import.meta.url));
const files = () => readdirSync(built, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));

/** What only the server knows: names of secret settings, of its modules, and words of its statements. */
const ours = new RegExp(
  [
    ...Object.keys(secrets),
    "DATABASE_URL",
    "postgres://",
    "createHmac",
    "process\\.env\\.[A-Z]+_",
    "otp_verifications o set",
  ].join("|"),
);

test("what browsers are given holds no secret, no name of one and no source map (CFG-03)", () => {
  const names = files();
  expect(names.filter((name) => name.endsWith(".js")).length).toBeGreaterThan(10);
  expect(names.filter((name) => name.endsWith(".map"))).toEqual([]);
  const telling = names.filter((name) => {
    const text = readFileSync(join(built, name), "latin1");
    return text.includes(CANARY) || (name.endsWith(".js") && (ours.test(text) || /sourceMappingURL=/.test(text)));
  });
  expect(telling).toEqual([]);
});

test("no answer of the running app holds one: pages, their data, the API, errors (CFG-03)", async () => {
  const { go, ask, call } = visitor();
  const pages = [
    "/",
    "/signup",
    "/signin",
    "/register",
    "/forgot-password",
    "/reset-password?token=x",
    "/verify-email",
    "/device",
  ];
  const variants: Record<string, string>[] = [{}, { rsc: "1" }];
  const others = ["/dev/inbox", "/dev/messages", "/nowhere", "/account", "/admin", "/api/health", "/api/ready"];
  for (const path of [...pages, ...others]) {
    for (const headers of variants) {
      const { body, headers: told } = await go(path, { headers });
      expect(body + JSON.stringify(told), path).not.toContain(CANARY);
    }
  }
  const answers = [
    await ask("inbox.list"),
    await ask("account.me"),
    await call("signIn.password", { identifier: "x" }),
  ];
  for (const { body } of answers) expect(body).not.toContain(CANARY);
});
