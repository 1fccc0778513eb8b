import type { inferRouterInputs } from "@trpc/server";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { memberOf, type Names } from "@/components/names";
import type { AppRouter } from "@/trpc/root";
import { type Params, textOf, withoutUndefined, yesNo } from "../params";

export type UserFilter = Omit<
  Extract<inferRouterInputs<AppRouter>["admin"]["users"]["list"], object>,
  "cursor" | "reveal"
>;

export const STATES: Names<NonNullable<UserFilter["state"]>> = {
  unproven: "Not verified",
  incomplete: "Profile incomplete",
  active: "Active",
  deactivated: "Deactivated",
};

export const ROLES: Names<NonNullable<UserFilter["role"]>> = { USER: "User", ADMIN: "Admin" };

/** Reads the filter from the page's address. */
export function userFilter(params: Params): UserFilter {
  return withoutUndefined({
    query: textOf(params, "query")?.slice(0, 120),
    state: memberOf(STATES, params.state),
    role: memberOf(ROLES, params.role),
    locked: yesNo(params, "locked"),
    accountType: memberOf(ACCOUNT_TYPES, params.type),
    isActive: yesNo(params, "active"),
    isVerified: yesNo(params, "proven"),
  });
}
