/**
 * The import law: app -> trpc -> flows -> {otp, accounts, limits, audit, delivery} -> db -> env.
 * Imports point to the right; rooms that stand side by side never import each other.
 */
const test = "\\.test\\.tsx?$|^src/testing/";
/** What stands at the very bottom: it knows nobody. */
const leaves = "^src/(alone|bcrypt|env|forwarded|headers|keys|log|mask|secrets|turns)\\.ts$";

/** @param {string} name @param {string} room @param {string[]} allowed what it may import of ours, beside itself and the leaves */
const room = (name, room, allowed) => ({
  name,
  severity: "error",
  from: { path: room, pathNot: test },
  to: { path: "^(src|scripts|e2e|drizzle)/", pathNot: [room, leaves, test, ...allowed] },
});

const domain = (/** @type {string} */ name) => room(`${name}-is-a-room-of-its-own`, `^src/${name}/`, ["^src/db/"]);
const rooms = "^src/(otp|accounts|limits|audit|delivery)/";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    room("leaves-know-nobody", leaves, []),
    room("db-knows-only-leaves", "^src/db/", ["^drizzle/meta/_journal\\.json$"]),
    ...["otp", "accounts", "limits", "audit"].map(domain),
    room("delivery-may-render-emails", "^src/delivery/", ["^src/db/", "^src/emails/"]),
    {
      name: "emails-know-nobody",
      comment: "Props to JSX and nothing else, settings neither.",
      severity: "error",
      from: { path: "^src/emails/", pathNot: test },
      to: { path: "^src/", pathNot: "^src/emails/" },
    },
    room("analytics-reads-db", "^src/analytics/", ["^src/db/"]),
    room("flows-compose-rooms", "^src/flows/", [rooms, "^src/db/"]),
    room("trpc-calls-flows", "^src/trpc/", ["^src/flows/", "^src/analytics/", rooms]),
    room("jobs-stand-beside-trpc", "^src/jobs/", ["^src/flows/", "^src/(audit|delivery|analytics|db)/"]),
    room("api-routes-are-transport", "^src/app/api/", ["^src/trpc/", "^src/flows/"]),
    room("pages-know-trpc-only", "^src/app/(?!api/)", ["^src/trpc/", "^src/components/"]),
    room("components-fetch-nothing", "^src/components/", ["^src/trpc/(problem|safe-next)\\.ts$"]),
    {
      name: "free-of-next-and-react",
      comment: "Below trpc nothing knows the framework: the worker and the scripts run it without one.",
      severity: "error",
      from: { path: "^src/(otp|accounts|limits|audit|analytics|flows|jobs|db)/", pathNot: test },
      to: { path: "(^|/)node_modules/(next|react|react-dom)/" },
    },
    {
      name: "nothing-from-the-server-in-the-browser",
      comment: "Pages' client halves reach the server through tRPC; types may cross, code may not.",
      severity: "error",
      from: { path: "^src/(components/|trpc/client\\.tsx|app/.*(form|client|button|panel)\\.tsx)" },
      to: { path: "^src/(env|keys|log|db/|otp/|accounts/|delivery/|flows/|jobs/)", reachable: true },
    },
    { name: "no-circles", severity: "error", from: { path: "^src/" }, to: { circular: true } },
    { name: "tests-are-not-imported", severity: "error", from: { path: "^src/", pathNot: test }, to: { path: test } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    // Types may cross every wall: they are gone before the code runs.
    tsPreCompilationDeps: false,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
