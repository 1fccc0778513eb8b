import { describe, expect, test } from "vitest";
import { z } from "zod";
import { toCsv } from "@/components/csv";
import { matrix } from "@/testing/matrix";
import { account, freshEmail, queuedCode, queuedMessage } from "@/testing/people";
import { inVain } from "./contents";
import { linksIn, mailTo } from "./letters";
import { stage } from "./stage";

const { visitor, person } = stage({ env: { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" } });
const own = () => process.env.BASE_URL ?? "";

describe("one address is one address, and one line (INP-04)", () => {
  const lines = [
    ...["\r\n", "\n", "\r", "\0", "\u0085", "\u2028", "\v", "\t", "\u202e"].flatMap((end) => [
      `ada@example.com${end}Bcc: eve@evil.example`,
      `ada${end}Bcc:eve@evil.example`,
      `+14155550134${end}To: eve@evil.example`,
    ]),
    "ada@example.com,eve@evil.example",
    "ada@example.com;eve@evil.example",
    "ada@example.com eve@evil.example",
    "<eve@evil.example> ada@example.com",
    '"ada@example.com\r\nBcc: eve@evil.example"@evil.example',
    "Ada <ada@example.com>",
    "ada@example.com>\r\nRCPT TO:<eve@evil.example>",
    "ada@example.com%0d%0aBcc:eve@evil.example",
    "ada@[127.0.0.1]",
    "ada@example.com\r\n.\r\nMAIL FROM:<eve@evil.example>",
    ["ada@example.com", "eve@evil.example"],
    { address: "ada@example.com" },
  ];

  test("whoever is written to is nobody that such a line names", async () => {
    const { browser } = await person({ role: "ADMIN" });
    const fields = Object.entries(matrix).flatMap(([procedure, { input }]) => {
      const known = z.record(z.string(), z.unknown()).safeParse(input).data ?? {};
      const field = ["identifier", "email", "newEmail", "newPhone", "address"].find((name) => name in known);
      return field && procedure !== "admin.users.story" ? [{ procedure, known, field }] : [];
    });
    expect(fields.length).toBeGreaterThan(12);
    await inVain(async () => {
      for (const line of lines) {
        const attempts = fields.map(async ({ procedure, known, field }) => {
          const answer = await browser.call(procedure, { ...known, [field]: line });
          expect([procedure, line, answer.status]).toEqual([procedure, line, 400]);
          expect(answer.error?.fieldErrors).toHaveProperty(field);
        });
        await Promise.all(attempts);
      }
      return { status: 400 };
    }, 400);
  });

  test.each(["\r\nSet-Cookie: evil=1", "\nX: evil", "\u2028evil", "\u202eevil", "\0"])(
    "a name with %j is no name",
    async (bad) => {
      const { browser } = await person();
      for (const field of ["name", "fullName", "username", "country", "state", "zip"])
        await inVain(() => browser.call("account.updateProfile", { [field]: `Ada${bad}` }), 400);
    },
  );
});

describe("what strangers typed is text, in mail, pages and files (INP-06, ADM-05)", () => {
  const markup = `<img src=x onerror=alert(1)>"'</script><script>alert(2)</script>`;
  const lure = "Visit https://evil.example/now";

  test("a name is in no mail to an address that is not proven", async () => {
    for (const name of [markup, lure, "Ada {{evil}}"]) {
      const email = freshEmail();
      expect((await visitor().call("signUp.register", { email, password: "blue otter lamp chair", name })).status).toBe(
        200,
      );
      const mail = await mailTo(email);
      expect(JSON.stringify(mail)).not.toMatch(/evil|onerror|alert/);
      expect(linksIn(mail).every((link) => link.startsWith(own()))).toBe(true);
    }
  });

  test("nor does what a browser calls itself make a link or a tag", async () => {
    for (const agent of [markup, lure, `Mozilla/5.0 (${lure}; rv:1) Firefox/140.0`]) {
      const { email } = await account("live");
      for (const from of ["127.6.0.1", "127.6.0.2"]) {
        const one = visitor({ ip: from, headers: { "user-agent": agent } });
        await one.call("signIn.requestCode", { identifier: email });
        const code = await queuedCode(email);
        expect((await one.call("signIn.verifyCode", { identifier: email, code })).status).toBe(200);
      }
      expect((await queuedMessage(email))?.template).toBe("new-sign-in");
      const mail = await mailTo(email);
      expect(mail.html).not.toMatch(/<img|<script|evil\.example/);
      expect(linksIn(mail).every((link) => link.startsWith(own()))).toBe(true);
    }
  });

  test("a name is escaped on every page that shows it", async () => {
    const admin = (await person({ role: "ADMIN" })).browser;
    const victim = await person({ name: markup, fullName: markup });
    for (const [browser, path] of [
      [admin, "/admin/users"],
      [admin, `/admin/users/${victim.id}`],
      [victim.browser, "/account"],
    ] as const) {
      const { status, body } = await browser.go(path);
      expect(status).toBe(200);
      // It is there, and no tag of its own.
      expect(body).toContain("onerror");
      expect(body).not.toMatch(/<img src=x|<script>alert/);
    }
    const told = await admin.ask("admin.users.get", { id: victim.id });
    expect(told.headers).toMatchObject({ "content-type": "application/json", "x-content-type-options": "nosniff" });
  });

  test("nor is anything in an address bar a tag", async () => {
    const admin = (await person({ role: "ADMIN" })).browser;
    const typed = encodeURIComponent(markup);
    for (const path of [
      `/admin/users?query=${typed}`,
      `/admin/codes?purpose=${typed}&address=${typed}`,
      `/admin/audit?action=${typed}`,
      `/admin?from=${typed}`,
      `/signin?type=${typed}&next=${typed}`,
      `/signup?${typed}=${typed}`,
      `/verify-email?token=${typed}`,
      `/device?token=${typed}&type=${typed}`,
      `/reset-password?token=${typed}&identifier=${typed}`,
      `/${typed}`,
    ]) {
      const { status, body } = await admin.go(path);
      expect([path, [200, 404].includes(status)]).toEqual([path, true]);
      expect(body).not.toMatch(/<img src=x|<script>alert/);
    }
  });

  test("a formula is none in a file of what the admin is told", async () => {
    const formulas = [`=cmd|' /C calc'!A0`, "+1+1", "-2+3", "@SUM(1+1)", `=HYPERLINK("https://evil.example","a")`];
    for (const name of formulas)
      await account("live", { name, email: `${name.replace(/[^=+-]/g, "")}${freshEmail()}` });
    const { browser } = await person({ role: "ADMIN" });
    const { data } = await browser.ask("admin.users.list", { query: "", reveal: true });
    const rows = z
      .object({ items: z.array(z.object({ name: z.string().nullable(), email: z.string() })) })
      .parse(data).items;
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(formulas));
    const cells = rows.flatMap(({ name, email }) => [name ?? "", email]);
    for (const cell of cells) {
      const [, line = ""] = toCsv(["x"], [[cell]]).split("\r\n");
      expect(line.replace(/^"/, "")).not.toMatch(/^\s*[=+\-@]/);
    }
  });

  test("an admin is told no digest, secret or token", async () => {
    const { browser } = await person({ role: "ADMIN" });
    for (const procedure of ["overview", "failedAttempts", "codes.list", "users.list", "auditLog", "deliveries"]) {
      const { status, body } = await browser.ask(`admin.${procedure}`);
      expect(status).toBe(200);
      expect(body).not.toMatch(/"\w*(hash|digest|secret|sealed|token|code)":|\$2[aby]\$/i);
    }
  });
});
