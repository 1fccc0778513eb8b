/**
 * A question of the dashboard, as its pages ask it. A `fixed` one is read from a snapshot or by a key. The others have
 * a range, a filter or a page that somebody chose.
 * @typedef {{ name: string, procedure: string, input?: object, fixed?: true }} Panel
 */

const DAY_MS = 86_400_000;
const iso = (/** @type {number} */ time) => new Date(time).toISOString();
const midnight = () => Math.floor(Date.now() / DAY_MS) * DAY_MS;
const lastDays = (/** @type {number} */ days) => ({
  from: iso(midnight() - (days - 1) * DAY_MS),
  to: iso(Date.now() + 60_000),
});

/**
 * @param {{ heaviest: string, heaviestEmail: string, ip: string, failedCursor: string }} found the rows to ask about
 * @returns {Panel[]}
 */
export function panelsOf({ heaviest, heaviestEmail, ip, failedCursor }) {
  return [
    { name: "overview", procedure: "admin.overview", fixed: true },
    { name: "daily statistics, 7 days", procedure: "admin.dailyStats", fixed: true },
    { name: "daily statistics, 90 days", procedure: "admin.dailyStats", input: { days: 90 }, fixed: true },
    { name: "top users, 30 days", procedure: "admin.topUsers", fixed: true },
    {
      name: "top users, 90 days, 100 of them",
      procedure: "admin.topUsers",
      input: { days: 90, limit: 100 },
      fixed: true,
    },
    { name: "requests in 24 hours", procedure: "admin.requestCounts", fixed: true },
    { name: "failed attempts, 3 or more", procedure: "admin.failedAttempts", fixed: true },
    { name: "suspicious", procedure: "admin.suspicious", fixed: true },
    { name: "jobs and deliveries", procedure: "admin.operations", fixed: true },
    {
      name: "an account's statistics of 24 hours",
      procedure: "admin.users.otpStats",
      input: { id: heaviest },
      fixed: true,
    },
    { name: "an account's history of 20", procedure: "admin.users.otpHistory", input: { id: heaviest }, fixed: true },
    { name: "requests in 12 hours", procedure: "admin.requestCounts", input: { hours: 12 } },
    { name: "failed attempts, page 2", procedure: "admin.failedAttempts", input: { cursor: failedCursor } },
    {
      name: "failed attempts, 60 days back",
      procedure: "admin.failedAttempts",
      input: { cursor: cursorAt(Date.now() - 60 * DAY_MS) },
    },
    {
      name: "funnel, 24 hours",
      procedure: "admin.funnel",
      input: { from: iso(Date.now() - DAY_MS), to: iso(Date.now() + 60_000) },
    },
    { name: "funnel, 7 days", procedure: "admin.funnel", input: lastDays(7) },
    { name: "funnel, 30 days, by SMS", procedure: "admin.funnel", input: { ...lastDays(30), channel: "sms" } },
    { name: "funnel, 45 days", procedure: "admin.funnel", input: lastDays(45) },
    {
      name: "funnel, from and to any minute",
      procedure: "admin.funnel",
      input: { from: iso(Date.now() - 33 * DAY_MS - 1_234_567), to: iso(Date.now() - 2 * DAY_MS - 7_654_321) },
    },
    { name: "compared by purpose, 30 days", procedure: "admin.breakdown", input: { ...lastDays(30), by: "purpose" } },
    { name: "compared by country, 30 days", procedure: "admin.breakdown", input: { ...lastDays(30), by: "country" } },
    {
      name: "compared by mail domain, 7 days",
      procedure: "admin.breakdown",
      input: { ...lastDays(7), by: "mailDomain" },
    },
    { name: "codes, newest", procedure: "admin.codes.list", input: {} },
    {
      name: "codes of a purpose and channel there are none of",
      procedure: "admin.codes.list",
      input: { purpose: "phone-change", channel: "sms" },
    },
    { name: "codes of an IP address", procedure: "admin.codes.list", input: { ipAddress: ip } },
    { name: "codes of an address", procedure: "admin.codes.list", input: { address: heaviestEmail } },
    {
      name: "codes of an account, not verified",
      procedure: "admin.codes.list",
      input: { userId: heaviest, verified: false },
    },
    { name: "codes, pending", procedure: "admin.codes.list", input: { pending: true } },
    { name: "codes, failed 3 times", procedure: "admin.codes.list", input: { verified: false, minAttempts: 3 } },
    { name: "codes of demo accounts", procedure: "admin.codes.list", input: { accountType: "demo" } },
    {
      name: "codes, 60 days back",
      procedure: "admin.codes.list",
      input: { cursor: cursorAt(Date.now() - 60 * DAY_MS) },
    },
    { name: "people, newest", procedure: "admin.users.list", input: {} },
    { name: "people by the beginning of a word", procedure: "admin.users.list", input: { query: "lovel" } },
    { name: "people, locked", procedure: "admin.users.list", input: { locked: true } },
    { name: "people, deactivated", procedure: "admin.users.list", input: { state: "deactivated" } },
    { name: "a person's page", procedure: "admin.users.get", input: { id: heaviest } },
    { name: "the story of an address", procedure: "admin.users.story", input: { address: heaviestEmail } },
    { name: "audit log", procedure: "admin.auditLog", input: {} },
    { name: "deliveries, failed", procedure: "admin.deliveries", input: { state: "failed" } },
  ];
}

/** @param {number} time the time of a page's last row, for a cursor */
const cursorAt = (time) =>
  Buffer.from(JSON.stringify([`${iso(time).slice(0, 23).replace("T", " ")}+00`, 9_000_000_000_000])).toString(
    "base64url",
  );
