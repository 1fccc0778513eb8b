import { sweepDeliveries } from "@/delivery/sweep";
import { log } from "@/log";
import { task } from "./task";

/** Forgets what is past its time. */
export const sweepJob = task("sweep", async () => {
  log().info({ event: "sweep", ...(await sweepDeliveries()) });
});
