/** HTTP requests, and what answers and logs tell of them. @type {import("./planted.mjs").Planted[]} */
export const requests = [
  {
    requirement: "HDR-01",
    name: "a mutation comes from any origin",
    file: "src/trpc/guard.ts",
    from: 'if (!isSameOrigin(headers)) throw refused({ ok: false, reason: "CROSS_SITE" });',
    to: "isSameOrigin(headers);",
    tests: ["src/front-door.test.ts"],
  },
  {
    requirement: "HDR-04",
    name: "Node answers by itself",
    file: "scripts/server.mjs",
    from: "parts.answerInNodesPlace(server, (req, res) => {",
    to: 'server.on("request", (req, res) => {',
    tests: ["e2e/attacks/sockets.test.ts"],
  },
  {
    requirement: "LOG-01",
    name: "the log holds addresses with their query",
    file: "src/front-door.ts",
    from: "const path = pathOf(url).slice(0, 200);",
    to: "const path = url.slice(0, 200);",
    tests: ["e2e/attacks/nothing-to-steal.test.ts"],
    // The test reads the log lines that the tests before it caused, so they must run too.
    only: "every flow",
  },
  {
    requirement: "LOG-02",
    name: "a query's fault is told with its SQL",
    file: "src/log.ts",
    from: "...(isQuery ? {} : { message: fault.message }),",
    to: "...(isQuery ? { message: fault.message } : { message: fault.message }),",
    tests: ["src/log.test.ts"],
  },
];
