import { expect, test } from "vitest";
import { testSettings } from "@/testing/settings";
import { bindBrowser, clearSessionCookie, keepDevice, setSessionCookie } from "./cookies";

// As the public reaches it: over TLS.
testSettings({ BASE_URL: "https://id.example.com", DELIVERY: "resend", RESEND_API_KEY: "re_test" });

const secret = "s".repeat(43);

/** A cookie's name, its value and its attributes, without its age. */
function setBy(write: (answer: Headers) => unknown) {
  const answer = new Headers();
  write(answer);
  const [line = "", ...more] = answer.getSetCookie();
  expect(more).toEqual([]);
  const [pair = "", ...attributes] = line.split("; ");
  const [name, value] = pair.split("=");
  const age = attributes.find((one) => one.startsWith("Max-Age="))?.slice("Max-Age=".length);
  return { name, value, age: Number(age), attributes: attributes.filter((one) => !one.startsWith("Max-Age=")).sort() };
}

const attributes = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];

test("every cookie is __Host-, Secure, HttpOnly, SameSite=Lax, of the whole origin and of no domain (SES-03)", () => {
  const none = new Headers();
  const set = [
    setBy((answer) => setSessionCookie(answer, secret)),
    setBy((answer) => bindBrowser(none, answer)),
    setBy((answer) => keepDevice(none, answer, secret)),
  ];
  expect(set.map(({ name }) => name)).toEqual([
    "__Host-latchkey_session",
    "__Host-latchkey_browser",
    "__Host-latchkey_device",
  ]);
  for (const cookie of set) expect(cookie).toMatchObject({ attributes, value: expect.stringMatching(/^[\w-]{43}$/) });
});

test("clearing one has the attributes that it was set with, or a browser would keep it (SES-03)", () => {
  const set = setBy((answer) => setSessionCookie(answer, secret));
  const cleared = setBy(clearSessionCookie);
  expect(cleared).toEqual({ ...set, value: "", age: 0 });
});

test("a cookie that lacks the prefix is none of ours: a sibling host could have planted it", () => {
  const planted = new Headers({ cookie: `latchkey_browser=${secret}` });
  expect(setBy((answer) => bindBrowser(planted, answer)).value).not.toBe(secret);
});
