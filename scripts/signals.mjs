// npm passes on a Ctrl-C that the terminal has already sent, so two signals this close count as one. Milliseconds.
const SAME_SIGNAL_MS = 500;

/**
 * At the first SIGINT or SIGTERM runs `stop`, then exits with 0. A second signal meanwhile exits at once.
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
