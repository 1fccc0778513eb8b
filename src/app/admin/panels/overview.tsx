import type { UseQueryResult } from "@tanstack/react-query";
import { count } from "../format";
import { toCodes, toUsers } from "../links";
import { QueryState } from "../query-state";
import type { AdminOutput } from "../questions";
import { type Tile, Tiles } from "../tiles";

type Overview = AdminOutput["overview"];

/** The totals of documents 001 and 002: accounts, and open codes. */
export function OverviewTiles({ query }: { query: UseQueryResult<Overview, unknown> }) {
  const { data } = query;
  return data ? <Tiles small of={tilesOf(data)} /> : <QueryState query={query} what="the totals" />;
}

const tilesOf = (data: Overview): Tile[] => [
  {
    title: "Active users",
    value: count(data.activeUsers),
    href: toUsers({ active: "yes" }),
    note: "not deactivated",
  },
  {
    title: "Verified users",
    value: count(data.verifiedUsers),
    href: toUsers({ proven: "yes" }),
    note: "with a verified address",
  },
  {
    title: "Pending codes",
    value: count(data.pendingOtps),
    href: toCodes({ pending: "yes" }),
    note: "can be used now",
  },
  {
    title: "Active sign-up codes",
    value: count(data.activeSignupOtps),
    href: toCodes({ signup: "yes" }),
    note: "of new addresses, now",
  },
  {
    title: "Verified sign-up codes",
    value: count(data.verifiedSignupOtps),
    href: toCodes({ purpose: "sign-up", verified: "yes" }),
    note: "ever",
  },
  {
    title: "Locked accounts",
    value: count(data.lockedAccounts),
    href: toUsers({ locked: "yes" }),
    note: "or closed to codes",
  },
  {
    title: "Active demo users",
    value: count(data.activeDemoUsers),
    href: toUsers({ type: "demo", active: "yes" }),
    note: "counted apart",
  },
];
