/** Numbers and times of the dashboard, in words and digits. */

const whole = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** 39075 is "39,075". */
export const count = (value: number): string => whole.format(value);

/** An average: 1.0833 is "1.08". */
export const average = (value: number): string => hundredths.format(value);

/** Shown where there is no number. */
export const NOTHING = "–";

/** A share of 0 to 1: 0.8604 is "86.0 %", null is a dash. */
export const percent = (share: number | null): string => (share === null ? NOTHING : `${tenths.format(share * 100)} %`);

/** A length of time: 24 is "24 s", 130 is "2 min 10 s", 7260 is "2 h 1 min", 30 days are "30 days", null is a dash. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  if (seconds >= 2 * 86_400 && seconds % 86_400 === 0) return `${seconds / 86_400} days`;
  const [big, bigUnit, small, smallUnit] =
    seconds < 3600
      ? [Math.floor(seconds / 60), "min", Math.round(seconds % 60), "s"]
      : [Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min"];
  return [big > 0 ? `${big} ${bigUnit}` : "", small > 0 || big === 0 ? `${small} ${smallUnit}` : ""]
    .filter(Boolean)
    .join(" ");
}

/** The time between two moments. */
export const timeBetween = (from: string, to: string): string =>
  duration(Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000)));

/** A number compared with the one before: "6.2 % more than before". */
export function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? "none before either" : "none before";
  if (now === before) return "as many as before";
  // Nobody can picture "84,575.0 % more".
  if (now >= 10 * before) return `${count(Math.round(now / before))} times as many as before`;
  return `${percent(Math.abs(now / before - 1))} ${now > before ? "more" : "less"} than before`;
}

/** A share compared with the one before: "3.1 points less than before"; null if one is missing. */
export function points(now: number | null, before: number | null): string | null {
  if (now === null || before === null) return null;
  const difference = (now - before) * 100;
  if (Math.abs(difference) < 0.05) return "as before";
  return `${tenths.format(Math.abs(difference))} points ${difference > 0 ? "more" : "less"} than before`;
}

/** A time of day in UTC: "14:32:10". */
export const utcTime = (iso: string): string => iso.slice(11, 19);
