import postgres from "postgres";
import { tsImport } from "tsx/esm/api";

/**
 * Reads codes as their owner reads them in the mail: from the message queued for an address. It has a connection of
 * its own, so that no request of the app waits for it.
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
