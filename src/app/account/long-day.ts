const long = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** A day of the calendar, or the day of a moment in UTC: "21 November 2026". */
export function longDay(date: string): string {
  return long.format(new Date(date));
}
