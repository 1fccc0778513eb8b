import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * The number of statements that clients have run, and of round trips: how often a client waited for PostgreSQL.
 * Statements that are sent before earlier ones are answered share a round trip.
 * @typedef {{ statements: number, trips: number }} Said
 */

/**
 * Starts a listener between PostgreSQL and its clients that counts statements and round trips.
 * @param {string} url the database's URL
 * @returns {Promise<{ url: string, take: () => Said, stop: () => Promise<void> }>} `url` leads through the listener;
 *   `take` returns the counts since its last call
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
    /** Requests that PostgreSQL has not answered yet. */
    let open = 0;
    // A client's first message starts the connection and has no type.
    const asked = messages(false, (type) => {
      if (type === "E" || type === "Q") said.statements += 1;
      // PostgreSQL answers Sync or a simple query with ReadyForQuery when it is done.
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
 * @param {(type: string) => void} see is called with each message's type
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
