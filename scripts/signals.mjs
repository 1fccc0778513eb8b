// npm passes on a Ctrl-C that the terminal has already sent: two signals this close are one.
const SAME_SIGNAL_MS = 500;

/**
 * Ends the process at the first SIGINT or SIGTERM: `stop`, then exit 0. Another one while it stops exits at once.
 * @param {() => Promise<void>} stop
 */
export function stopOnSignal(stop) {
  let stoppingSince = 0;
  /** @param {NodeJS.Signals} signal */
  const receive = async (signal) => {
    if (stoppingSince) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(signal === "SIGINT" ? 130 : 143);
      return;
    }
    stoppingSince = performance.now();
    try {
      await stop();
      process.exit(0);
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
  };
  process.on("SIGINT", (signal) => void receive(signal));
  process.on("SIGTERM", (signal) => void receive(signal));
}
