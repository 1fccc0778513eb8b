import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

// Who connects without the token at once is no client.
const TOKEN_MS = 2_000;

/**
 * Takes the keeper's clients: each holds a connection open for as long as it needs the server, and so is gone when
 * its process is, however that ended. A client presents the token; messages to it are lines of JSON.
 * @param {object} options
 * @param {string} options.token
 * @param {(tell: (message: object) => void) => void} options.joined called for each new client
 * @param {() => void} options.empty called when the last one is gone
 */
export async function takeClients({ token, joined, empty }) {
  /** @type {Set<import("node:net").Socket>} */
  const clients = new Set();
  /** @type {import("node:net").Socket | undefined} */
  let last;

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const deadline = setTimeout(() => socket.destroy(), TOKEN_MS);
    let presented = "";
    const leave = () => {
      clearTimeout(deadline);
      if (!clients.delete(socket)) return socket.destroy();
      if (clients.size > 0) return socket.end(`${JSON.stringify({ others: clients.size })}\n`);
      last = socket;
      empty();
    };
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      if (clients.has(socket)) return;
      presented += text;
      if (presented.length < token.length + 1) return;
      if (!server.listening || !same(presented, `${token}\n`)) return socket.destroy();
      clearTimeout(deadline);
      clients.add(socket);
      joined((message) => socket.writable && socket.write(`${JSON.stringify(message)}\n`));
    });
    socket.on("end", leave);
    socket.on("close", leave);
    socket.on("error", () => socket.destroy());
  });

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    count: () => clients.size,
    /** Takes no more clients. */
    close: () => server.close(),
    /** Tells the last client, who waits for it, that all is done. */
    sayGoodbye: () => last?.writable && last.write(`${JSON.stringify({ others: 0 })}\n`),
  };
}

/**
 * @param {string} a
 * @param {string} b
 */
function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
