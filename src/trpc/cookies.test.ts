import { describe, expect, test, vi } from "vitest";
import * as settings from "@/env";
import { hashSecret, newSecret } from "@/secrets";
import { testSettings } from "@/testing/settings";
import {
  bindBrowser,
  clearBrowserCookie,
  clearSessionCookie,
  keepDevice,
  readBrowser,
  readDevices,
  readSessionCookie,
  setBrowserCookie,
  setSessionCookie,
} from "./cookies";

// A public installation, over TLS.
testSettings({ BASE_URL: "https://id.example.com", DELIVERY: "resend", RESEND_API_KEY: "re_test" });

const secret = "s".repeat(43);
const sent = (cookie: string) => new Headers({ cookie });

/** The parts of the one cookie that is set. */
function setBy(write: (answer: Headers) => unknown) {
  const answer = new Headers();
  write(answer);
  const [line = "", ...more] = answer.getSetCookie();
  expect(more).toEqual([]);
  const [pair = "", ...attributes] = line.split("; ");
  const [name = "", value = ""] = pair.split("=");
  const age = attributes.find((one) => one.startsWith("Max-Age="))?.slice("Max-Age=".length);
  return {
    name,
    value,
    pair,
    age: Number(age),
    attributes: attributes.filter((one) => !one.startsWith("Max-Age=")).sort(),
  };
}

/** A new browser id, and the cookie that holds it. */
function bound() {
  const id = newSecret();
  return { id, ...setBy((answer) => setBrowserCookie(answer, id)) };
}

const attributes = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];

test("every cookie is __Host-, Secure, HttpOnly and SameSite=Lax, with Path=/ and no Domain (SES-03)", () => {
  const none = new Headers();
  const set = [
    setBy((answer) => setSessionCookie(answer, secret)),
    setBy((answer) => bindBrowser(none, answer)),
    setBy((answer) => keepDevice(none, answer, { deviceSecret: secret, deviceHash: hashSecret(secret) })),
  ];
  expect(set.map(({ name }) => name)).toEqual([
    "__Host-latchkey_session",
    "__Host-latchkey_browser",
    "__Host-latchkey_device",
  ]);
  for (const cookie of set)
    expect(cookie).toMatchObject({ attributes, value: expect.stringMatching(/^[\w-]{43}(\.[\w-]{43})?$/) });
});

test("a cookie is cleared with the attributes with which it was set (SES-03)", () => {
  const set = setBy((answer) => setSessionCookie(answer, secret));
  const cleared = setBy(clearSessionCookie);
  expect(cleared).toEqual({ ...set, pair: "__Host-latchkey_session=", value: "", age: 0 });
  expect(setBy(clearBrowserCookie)).toEqual({ ...cleared, name: "__Host-latchkey_browser", pair: expect.any(String) });
});

describe("cookies that a sibling host may have planted (SES-03):", () => {
  const browser = bound();
  /** Our three cookies. */
  const ours = {
    session: `__Host-latchkey_session=${secret}`,
    browser: browser.pair,
    device: `__Host-latchkey_device=${secret}`,
  };
  const readers = { session: readSessionCookie, browser: readBrowser, device: (from: Headers) => readDevices(from)[0] };
  const values = { session: secret, browser: hashSecret(browser.id), device: hashSecret(secret) };
  const kinds = Object.keys(ours) as (keyof typeof ours)[];
  const read = (kind: keyof typeof ours, cookie: string) => readers[kind](sent(cookie)) ?? null;

  test.each(kinds)("a %s cookie without the prefix is not read", (kind) => {
    expect(read(kind, ours[kind].replace("__Host-", ""))).toBeNull();
  });

  // Characters that \s matches and browsers allow in a cookie's name, and U+00A0 as UTF-8 read in Latin-1.
  test.each(["\u00a0", "\u00c2\u00a0", "\u0085", "\u000b", "\u000c", "x"])(
    "a cookie with %j before its name is not read, at any place in the header",
    (before) => {
      for (const kind of kinds) {
        const planted = `${before}${ours[kind]}`;
        for (const cookie of [planted, `a=1; ${planted}`, `a=1;${planted}; b=2`, `a=1; \t${planted}`])
          expect([kind, cookie, read(kind, cookie)]).toEqual([kind, cookie, null]);
        // Our own cookie after it is still read.
        expect(read(kind, `${planted}; ${ours[kind]}`)).toBe(values[kind]);
      }
    },
  );

  test.each(kinds)("a %s cookie that comes twice is not read", (kind) => {
    const [name = ""] = ours[kind].split("=");
    for (const other of [ours[kind], `${name}=${newSecret()}`, `${name}=`, `${name}=x`]) {
      expect(read(kind, `${other}; ${ours[kind]}`)).toBeNull();
      expect(read(kind, `${ours[kind]}; a=1;\t${other}`)).toBeNull();
    }
  });

  test.each(kinds)(
    "a %s cookie is read between spaces, tabs and other cookies, and only if it is well-formed",
    (kind) => {
      const [name = ""] = ours[kind].split("=");
      for (const cookie of [`${ours[kind]}`, ` \t${ours[kind]} \t`, `a=1;${ours[kind]};b=2`, `a=1; \t ${ours[kind]}`])
        expect([cookie, read(kind, cookie)]).toEqual([cookie, values[kind]]);
      for (const cookie of [
        "",
        name,
        `${name}=`,
        `${ours[kind]}x`,
        `${ours[kind]}"`,
        `${ours[kind]}, a=1`,
        `${name} =${secret}`,
      ])
        expect([cookie, read(kind, cookie)]).toEqual([cookie, null]);
    },
  );
});

describe("a browser's id (SES-02)", () => {
  test("is made by the app, and an existing one is not set again", () => {
    const set = setBy((answer) => bindBrowser(new Headers(), answer));
    const [id = ""] = set.value.split(".");
    expect(readBrowser(sent(set.pair))).toBe(hashSecret(id));
    const again = new Headers();
    expect(bindBrowser(sent(set.pair), again)).toBe(hashSecret(id));
    expect(again.getSetCookie()).toEqual([]);
  });

  test("that a client made up counts as absent, and a new one is made", () => {
    const { id, value } = bound();
    const [, mac = ""] = value.split(".");
    const other = bound().id;
    const made = [id, `${id}.${newSecret()}`, `${other}.${mac}`, `${id}.${mac.slice(1)}`, `${mac}.${id}`, `${id}.`];
    for (const planted of made) {
      const from = sent(`__Host-latchkey_browser=${planted}`);
      expect([planted, readBrowser(from)]).toEqual([planted, null]);
      const next = setBy((answer) => bindBrowser(from, answer));
      expect(next.value.split(".")[0]).not.toBe(planted.split(".")[0]);
    }
  });

  test("is valid until the secret that signed it is removed", () => {
    const [now, next] = [settings.env(), "n".repeat(43)];
    const under = (...appSecrets: [string, ...string[]]) =>
      vi.spyOn(settings, "env").mockReturnValue({ ...now, appSecrets });
    const old = "o".repeat(43);
    under(old);
    const first = bound();
    under(next, old);
    expect(readBrowser(sent(first.pair))).toBe(hashSecret(first.id));
    // The first secret signs.
    const second = bound();
    under(next);
    expect(readBrowser(sent(second.pair))).toBe(hashSecret(second.id));
    expect(readBrowser(sent(first.pair))).toBeNull();
    vi.restoreAllMocks();
  });
});

describe("the device cookie (REC-05)", () => {
  const keep = (had: string[], deviceSecret: string | null, deviceHash = hashSecret(deviceSecret ?? "")) =>
    setBy((answer) =>
      keepDevice(sent(`__Host-latchkey_device=${had.join(".")}`), answer, { deviceSecret, deviceHash }),
    ).value.split(".");
  const [a, b, c, d, e, f] = Array.from({ length: 6 }, newSecret) as [string, string, string, string, string, string];

  test("holds a secret for each account, newest first, and a sixth one removes the oldest", () => {
    expect(keep([], a)).toEqual([a]);
    expect(keep([a], b)).toEqual([b, a]);
    expect(keep([e, d, c, b, a], f)).toEqual([f, e, d, c, b]);
    expect(readDevices(sent(`__Host-latchkey_device=${[e, d, c, b, a].join(".")}`))).toEqual(
      [e, d, c, b, a].map(hashSecret),
    );
  });

  test("moves the secret of an account that signs in again to the front", () => {
    expect(keep([c, b, a], null, hashSecret(a))).toEqual([a, c, b]);
  });

  test("of another shape is not read: six secrets, a short one, a dot too many", () => {
    for (const value of [[a, b, c, d, e, f].join("."), a.slice(1), `${a}.`, `.${a}`, `${a}..${b}`, `${a},${b}`])
      expect([value, readDevices(sent(`__Host-latchkey_device=${value}`))]).toEqual([value, []]);
  });
});
