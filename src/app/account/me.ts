import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@/trpc/root";

/** The person’s own account, as `account.me` returns it. */
export type Me = NonNullable<inferRouterOutputs<AppRouter>["account"]["me"]>;
