import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/trpc/root";

/** One’s own account, as `account.me` tells it. */
export type Me = NonNullable<inferRouterOutputs<AppRouter>["account"]["me"]>;
