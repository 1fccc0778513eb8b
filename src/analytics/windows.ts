import { sql } from "drizzle-orm";

type Sum = "asked" | "verified" | "attempts";

/** The sliding windows that accounts are summed over, and what of each. */
export const WINDOWS: { name: string; length: string; sums: Sum[] }[] = [
  { name: "24h", length: "24 hours", sums: ["asked"] },
  { name: "7d", length: "7 days", sums: ["asked", "verified", "attempts"] },
  { name: "30d", length: "30 days", sums: ["asked", "verified", "attempts"] },
  { name: "90d", length: "90 days", sums: ["asked", "verified", "attempts"] },
];

const termOf: Record<Sum, string> = { asked: "sign", verified: "sign * is_verified::int", attempts: "sign * attempts" };

/** The columns of `otp_users`, in the order of `windowSums`. */
export const windowColumns = WINDOWS.flatMap(({ name, sums }) => sums.map((sum) => `${sum}_${name}`));

/**
 * The sums of every window over signed rows.
 * @param since where each window begins, as an expression
 */
export const windowSums = (since: (window: (typeof WINDOWS)[number]) => string) =>
  sql.raw(
    WINDOWS.flatMap((window) =>
      window.sums.map(
        (sum) =>
          `coalesce(sum(${termOf[sum]}) filter (where created_at >= ${since(window)}), 0)::int as ${sum}_${window.name}`,
      ),
    ).join(", "),
  );

/** What leaves one window, signed; nothing of the others. */
export const leavingSums = (leaving: (typeof WINDOWS)[number]) =>
  sql.raw(
    WINDOWS.flatMap((window) =>
      window.sums.map((sum) =>
        window === leaving ? `-sum(${termOf[sum]})::int as ${sum}_${window.name}` : `0 as ${sum}_${window.name}`,
      ),
    ).join(", "),
  );
