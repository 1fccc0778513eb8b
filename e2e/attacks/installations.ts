import { beforeAll, expect } from "vitest";
import { account } from "@/testing/people";
import { type Answer, type Sent, send } from "@/testing/send";
import { session } from "@/testing/sessions";
import { type App, freePort, isReady, stage, startApp, stopApp } from "./stage";

/** Who asks. */
export type Who = "nobody" | "incomplete" | "user" | "admin";

type Installation = { origin: string; app: App | undefined; cookie: string };

/**
 * Two installations on one database: a small local one, with its inbox, and one that the public would use, over https
 * and with a mail provider. Call it at the top level of a file.
 */
export function installations() {
  const { url, apps } = stage();
  const known = {
    local: { origin: "", app: undefined, cookie: "latchkey_session" } as Installation,
    public: { origin: "https://id.example.com", app: undefined, cookie: "__Host-latchkey_session" } as Installation,
  };
  const secrets: Record<Who, string | null> = { nobody: null, incomplete: null, user: null, admin: null };

  beforeAll(async () => {
    known.local.origin = process.env.BASE_URL ?? "";
    known.local.app = apps[0];
    const settings = {
      DATABASE_URL: url,
      BASE_URL: known.public.origin,
      DELIVERY: "resend",
      RESEND_API_KEY: "re_none",
    };
    known.public.app = startApp(await freePort(), settings);
    const sessionOf = async (row: Parameters<typeof account>[1]) =>
      session({ accountType: "live", ...(await account("live", row)) }, { code: 0, password: 0 });
    secrets.incomplete = await sessionOf({ isProfileComplete: false });
    secrets.user = await sessionOf({});
    secrets.admin = await sessionOf({ role: "ADMIN" });
    await isReady(known.public.app);
    return async () => {
      if (known.public.app) await stopApp(known.public.app);
    };
  }, 60_000);

  /** Asks one of them, as somebody. */
  function ask(which: keyof typeof known, path: string, who: Who = "nobody", sent: Sent = {}): Promise<Answer> {
    const { origin, app, cookie } = known[which];
    const { host } = new URL(origin);
    const secret = secrets[who];
    const headers = { host, ...(secret ? { cookie: `${cookie}=${secret}` } : {}), ...sent.headers };
    return send(app?.port ?? 0, path, { ...sent, headers });
  }
  return { ask, originOf: (which: keyof typeof known) => known[which].origin };
}

/** What every answer has, and what none has (HDR-04, HDR-05). */
export function expectPlain({ headers }: Answer, https: boolean): void {
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": expect.stringContaining("camera=()"),
    "content-security-policy": expect.stringContaining("default-src 'none'"),
  });
  expect(headers["strict-transport-security"]).toBe(https ? "max-age=63072000; includeSubDomains" : undefined);
  const names = Object.keys(headers);
  expect(names.filter((name) => /^(x-powered-by|server|via|access-control-.*)$/.test(name))).toEqual([]);
}
