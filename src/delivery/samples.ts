import { codePurposes, type Message, messageSchema, type OpenedMessage, type Template } from "./messages";

type Samples = { [T in Template]: Extract<Message, { template: T }>["props"][] };

const token = "Zm9yIGxvb2tpbmcgYXQsIG5vdCBmb3Igb3BlbmluZyE";
const days = 86_400;

const samples: Samples = {
  code: codePurposes.map((purpose) => ({ purpose, code: "482913", expiresInSeconds: 600 })),
  "verification-link": [{ token, expiresInSeconds: days }],
  "reset-link": [{ token, expiresInSeconds: 900 }],
  invitation: [{ expiresInSeconds: 7 * days }],
  "admin-invitation": [{ expiresInSeconds: 7 * days }],
  "already-registered": [{ accountType: "live" }, { accountType: "demo" }],
  "account-deactivated": [{}],
  "new-sign-in": [{ device: "Firefox on Windows", at: "2026-05-22T14:05:00Z" }],
  "password-changed": [{}],
  "password-reset-done": [{}, { accountType: "demo" }],
  "email-changed": [{ newEmail: "countess@example.org" }],
  "phone-changed": [{ newPhone: "+14155550134" }],
  "locked-out": [{ token }],
  "codes-closed": [{ token }],
  "device-known": [{ device: "Firefox on Windows" }],
  "admin-reset-refused": [{}],
  "account-deleted": [{}],
  test: [{}],
};

/** One message of each kind, as the worker opens it. */
export function sampleMessages(): OpenedMessage[] {
  return Object.entries(samples).flatMap(([template, several]) =>
    several.map((props) => messageSchema.parse({ template, props })),
  );
}
