/**
 * Whether a fault is PostgreSQL's unique violation (23505) on this column. Drizzle wraps the driver's error, so the
 * cause is checked.
 */
export function isTaken(fault: unknown, column: string): boolean {
  const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : null;
  if (!cause || !("code" in cause) || cause.code !== "23505") return false;
  return "constraint_name" in cause && new RegExp(`_(lower_)?${column}_key$`).test(String(cause.constraint_name));
}
