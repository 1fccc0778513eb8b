import type { inferRouterInputs } from "@trpc/server";
import type { Names } from "@/components/names";
import type { AppRouter } from "@/trpc/root";

export type DeliveryState = NonNullable<Extract<inferRouterInputs<AppRouter>["admin"]["deliveries"], object>["state"]>;

/** The states of a message. */
export const STATES: Names<DeliveryState> = { queued: "Queued", sent: "Sent", failed: "Failed", dropped: "Dropped" };
