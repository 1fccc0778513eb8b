import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * What clients have said to PostgreSQL: statements run, and round trips, which are the times that a client waited.
 * Statements that are sent before the answer to earlier ones has come share a round trip.
 * @typedef {{ statements: number, trips: number }} Said
 */

/**
 * A listener between PostgreSQL and its clients that counts what they say.
 * @param {string} url the database's
 * @returns {Promise<{ url: string, take: () => Said, stop: () => Promise<void> }>} `url` leads through it; `take` counts
 *   since the last time
 */
export async function countOnTheWire(url) {
  const target = new URL(url);
  let said = { statements: 0, trips: 0 };
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    /** Questions that PostgreSQL has not answered yet. */
    let open = 0;
    // A client's first message has no type: it is the start of the connection.
    const asked = messages(false, (type) => {
      if (type === "E" || type === "Q") said.statements += 1;
      // Sync or a simple query: PostgreSQL answers with ReadyForQuery when it is done.
      if (type !== "S" && type !== "Q") return;
      if (open === 0) said.trips += 1;
      open += 1;
    });
    const answered = messages(true, (type) => {
      if (type === "Z" && open > 0) open -= 1;
    });
    client.on("data", (data) => {
      asked(data);
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      answered(data);
      client.write(data);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === "object" && address ? address.port : 0);
  return {
    url: through.href,
    take() {
      const taken = said;
      said = { statements: 0, trips: 0 };
      return taken;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Splits one direction of PostgreSQL's protocol into messages: a type, then a length that counts itself.
 * @param {boolean} started whether the first message has a type
 * @param {(type: string) => void} see is told each message's type
 * @returns {(data: Buffer) => void}
 */
function messages(started, see) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    for (;;) {
      const head = started ? 1 : 0;
      if (rest.length < head + 4) return;
      const size = head + rest.readUInt32BE(head);
      if (rest.length < size) return;
      if (started) see(String.fromCharCode(rest[0] ?? 0));
      started = true;
      rest = rest.subarray(size);
    }
  };
}
