import { tmpdir } from "node:os";
import { join } from "node:path";

/** The port of the stand-in for Resend, and the port where a test reads the messages it got. */
export const provider = { port: 4390, mailbox: 4391 };

/** The data directory of an installation. Tests may read it. */
const dataDirOf = (port: string) => join(tmpdir(), `latchkey-e2e-${port}`);

const common = {
  // All tests come from one IP address and play many people.
  IP_HOURLY_REQUESTS: "100000",
  IP_HOURLY_GUESSES: "100000",
  SMS_BLOCK_HOURLY: "100000",
  LOG_LEVEL: "warn",
  SUPPORT_EMAIL: "help@example.com",
};

/** The installations under test: one without settings, and one with a mail provider. */
export const servers = {
  inbox: {
    origin: "http://localhost:4310",
    env: { ...common, PORT: "4310", DATA_DIR: dataDirOf("4310"), DELIVERY: "inbox" },
  },
  resend: {
    origin: "http://localhost:4311",
    mailbox: `http://127.0.0.1:${provider.mailbox}`,
    env: {
      ...common,
      PORT: "4311",
      DATA_DIR: dataDirOf("4311"),
      RESEND_API_KEY: "re_endtoend",
      RESEND_BASE_URL: `http://127.0.0.1:${provider.port}`,
      FROM_EMAIL: "codes@latchkey.example",
    },
  },
};
