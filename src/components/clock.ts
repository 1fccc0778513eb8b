/** Seconds as a clock shows them: 42 is "0:42". */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Seconds of a wait: from ten minutes on, whole minutes are exact enough. */
export function countdown(seconds: number): string {
  return seconds < 600 ? clock(seconds) : spoken(seconds);
}

/** Seconds as one says them, never too short: 42 is "42 seconds", 61 is "2 minutes". */
export function spoken(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return counted(whole, "second");
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? counted(minutes, "minute") : counted(Math.ceil(minutes / 60), "hour");
}

/** A number and its noun: 1 try, 2 tries. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
