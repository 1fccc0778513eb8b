import { EventEmitter, once } from "node:events";
import postgres from "postgres";
import { tsImport } from "tsx/esm/api";

/** A code that has not arrived after this time is lost. */
const PATIENCE_MS = 30_000;

/**
 * Reads the code for an address from its queued message. It has its own connection, so that no request of the app waits
 * for it.
 * @param {string} url
 */
export async function codeReader(url) {
  /** @type {typeof import("../src/delivery/envelope")} */
  const { openMessage } = await tsImport("../src/delivery/envelope.ts", import.meta.url);
  const sql = postgres(url, { max: 1 });
  return {
    /** @param {string} email */
    async read(email) {
      const [row] = await sql`
        select d.id, d.channel, d.recipient, d.sealed from otp_verifications o join deliveries d on d.id = o.delivery_id
        where o.email = ${email} and o.user_type = 'live' order by o.created_at desc limit 1`;
      const message = row && openMessage(row.sealed, { id: row.id, channel: row.channel, recipient: row.recipient });
      if (message?.template !== "code") throw new Error(`There is no code for ${email}.`);
      return message.props.code;
    },
    close: () => sql.end(),
  };
}

/**
 * Reads codes from the mails that a stand-in for Resend takes.
 * @param {number} port where the stand-in listens
 */
export async function mailbox(port) {
  /** @type {typeof import("../src/testing/resend-stand-in")} */
  const { startResendStandIn } = await tsImport("../src/testing/resend-stand-in.ts", import.meta.url);
  /** @type {Map<string, string>} */
  const codes = new Map();
  const arrivals = new EventEmitter();
  const provider = await startResendStandIn({
    port,
    seen({ to: [email = ""], text = "" }) {
      const code = /^\d+$/m.exec(text)?.[0];
      if (!code) return;
      codes.set(email, code);
      arrivals.emit(email);
    },
  });
  return {
    /** @param {string} email */
    async read(email) {
      if (!codes.has(email)) await once(arrivals, email, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const code = codes.get(email) ?? "";
      codes.delete(email);
      return code;
    },
    close: provider.stop,
  };
}
