import type { inferRouterInputs } from "@trpc/server";
import type { AppRouter } from "@/trpc/root";
import { known, type Params, textOf, yesNo } from "../params";
import { ACCOUNT_TYPES, oneOf } from "../questions";

export type UserFilter = Omit<
  Extract<inferRouterInputs<AppRouter>["admin"]["users"]["list"], object>,
  "cursor" | "reveal"
>;

export const STATES = [
  { value: "unproven", name: "Not verified" },
  { value: "incomplete", name: "Profile incomplete" },
  { value: "active", name: "Active" },
  { value: "deactivated", name: "Deactivated" },
] as const;

export const ROLES = [
  { value: "USER", name: "User" },
  { value: "ADMIN", name: "Admin" },
] as const;

/** Reads what the address bar asks for. */
export function userFilter(params: Params): UserFilter {
  return known({
    query: textOf(params, "query")?.slice(0, 120),
    state: oneOf(STATES, params.state),
    role: oneOf(ROLES, params.role),
    locked: yesNo(params, "locked"),
    accountType: oneOf(ACCOUNT_TYPES, params.type),
    isActive: yesNo(params, "active"),
    isVerified: yesNo(params, "proven"),
  });
}
