import { createServer, type Socket } from "node:net";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { deliver } from "../deliver";
import { enqueue } from "../enqueue";
import { smtpOptions, smtpTransport } from "./smtp";

/**
 * A small mail server. It answers each command with the text in `replies`, with a yes by default, or not at all for "".
 */
const replies: Record<string, string> = {};
const received: string[] = [];
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  let letter: string | null = null;
  let rest = "";
  const say = (line: string) => line && socket.write(`${line}\r\n`);
  const hear = (line: string) => {
    if (letter !== null && line !== ".") {
      letter += `${line}\n`;
    } else if (letter !== null) {
      received.push(letter);
      letter = null;
      say(replies.LETTER ?? "250 kept");
    } else {
      const command = line.split(" ")[0] ?? "";
      const yes = { EHLO: "250 here", DATA: "354 go on", QUIT: "221 bye" }[command] ?? "250 yes";
      const reply = replies[command] ?? yes;
      if (reply.startsWith("354")) letter = "";
      say(reply);
    }
  };
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop() ?? "";
    lines.forEach(hear);
  });
  say(replies.GREETING ?? "220 hello");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const bound = server.address();
const port = bound && typeof bound === "object" ? bound.port : 0;
testDatabase();
Object.assign(process.env, {
  DELIVERY: "smtp",
  SMTP_HOST: "127.0.0.1",
  SMTP_PORT: String(port),
  FROM_EMAIL: "no-reply@example.com",
  FROM_NAME: "Latchkey, Ltd.",
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  for (const command of Object.keys(replies)) delete replies[command];
  received.length = 0;
});

const mail = { to: "ada@example.com", subject: "Your code", html: "<p>482913</p>", text: "482913" };
const send = (to = mail.to, ms = 5000) =>
  smtpTransport().send(
    { ...mail, to },
    { idempotencyKey: "key-1", signal: AbortSignal.timeout(ms), expiresInSeconds: 600, triedSince: null },
  );

test("sends both parts, marks the mail as automatic, and keeps one Message-ID for one delivery (DEL-05)", async () => {
  expect(await send()).toEqual({ ok: true, providerId: "<key-1@example.com>" });
  const [letter = "", ...others] = received;
  expect(others).toEqual([]);
  expect(letter).toMatch(/^Auto-Submitted: auto-generated$/m);
  expect(letter).toMatch(/^Message-ID: <key-1@example.com>$/m);
  expect(letter).toMatch(/^From: "Latchkey, Ltd." <no-reply@example.com>$/m);
  expect(letter).toMatch(/^Content-Type: multipart\/alternative/m);
  expect(letter.split("482913")).toHaveLength(3);
});

test.each([
  ["RCPT", "550 5.1.1 <ada@example.com> no such user", true, "smtp: 550"],
  ["RCPT", "450 4.2.1 try <ada@example.com> later", false, "smtp: 450"],
  ["MAIL", "421 closing", false, "smtp: 421"],
  ["LETTER", "554 5.7.1 spam", true, "smtp: 554"],
  ["LETTER", "452 disk full", false, "smtp: 452"],
  ["MAIL", "nonsense", false, "smtp: EENVELOPE"],
  ["RCPT", "nonsense", false, "smtp: EENVELOPE"],
  ["DATA", "nonsense", false, "smtp: EENVELOPE"],
  ["LETTER", "nonsense", false, "smtp: EMESSAGE"],
  ["RCPT", "5500 one digit too many", false, "smtp: 5500"],
])("%s answered with %s: permanent is %s, and the error holds no address", async (command, reply, permanent, error) => {
  replies[command] = reply;
  expect(await send()).toMatchObject({ ok: false, permanent, error });
});

describe("the breaker of a mail server (DEL-03)", () => {
  const ask = () =>
    db().transaction((tx) =>
      enqueue(tx, {
        channel: "email",
        to: mail.to,
        message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
        decoy: false,
        expiresInSeconds: 600,
      }),
    );

  test.each([
    ["RCPT", "450 4.1.2 domain not found for now"],
    ["LETTER", "451 4.7.1 greylisted"],
  ])("stays closed after %s was answered with %s, because the fault is of one mailbox", async (command, reply) => {
    replies[command] = reply;
    for (let at = 0; at < 5; at += 1) expect(await deliver(await ask())).toMatchObject({ state: "queued" });
    delete replies[command];
    expect(await deliver(await ask())).toMatchObject({ state: "sent" });
  });

  test("counts a 421, because the server is closing", async () => {
    replies.RCPT = "421 4.3.2 closing";
    for (let at = 0; at < 5; at += 1) expect(await deliver(await ask())).toMatchObject({ state: "queued" });
    delete replies.RCPT;
    expect(await deliver(await ask())).toMatchObject({ state: "queued", error: "the provider is down" });
  });
});

test("a silent server is given up at the signal and retried", async () => {
  replies.EHLO = "";
  expect(await send(undefined, 200)).toEqual({ ok: false, permanent: false, error: "smtp: no answer" });
});

test("a try that was given up sends nothing later, because its connection is closed", async () => {
  replies.RCPT = "";
  expect(await send(undefined, 200)).toMatchObject({ ok: false, error: "smtp: no answer" });
  for (const socket of sockets) if (socket.writable) socket.write("250 yes, if late\r\n");
  await vi.waitFor(() => expect([...sockets].filter(({ closed }) => !closed)).toEqual([]), { timeout: 5000 });
  expect(received).toEqual([]);
});

test("a server that refuses the connection is retried", async () => {
  replies.GREETING = "421 4.3.2 not now";
  expect(await send()).toMatchObject({ ok: false, permanent: false });
  replies.GREETING = "nonsense";
  expect(await send()).toMatchObject({ ok: false, permanent: false });
});

test("a message that SMTP cannot carry is refused permanently", async () => {
  expect(await send("")).toMatchObject({ ok: false, permanent: true, error: "smtp: EENVELOPE" });
  expect(received).toEqual([]);
});

describe("the options for nodemailer", () => {
  const settings = { host: "mail.example.com", port: 587, user: undefined, pass: undefined };

  test("require TLS, by upgrade or from the first byte, except on this machine", () => {
    expect(smtpOptions(settings)).toMatchObject({ secure: false, requireTLS: true });
    expect(smtpOptions({ ...settings, port: 465 })).toMatchObject({ secure: true });
    expect(smtpOptions({ ...settings, host: "localhost" })).toMatchObject({ secure: false, requireTLS: false });
    expect(smtpOptions({ ...settings, host: "localhost.example.com" })).toMatchObject({ requireTLS: true });
  });

  test("limit each step to ten seconds", () => {
    expect(smtpOptions(settings)).toMatchObject({
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 10_000,
    });
  });

  test("have credentials only if they are set", () => {
    expect(smtpOptions(settings)).not.toHaveProperty("auth");
    expect(smtpOptions({ ...settings, user: "u", pass: "p" })).toMatchObject({ auth: { user: "u", pass: "p" } });
  });
});
