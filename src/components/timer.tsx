/** The seconds in a line that is read out when it appears. A timer's own changes are not: they would never end. */
export function Timer({ children }: { children: string }) {
  return <span role="timer">{children}</span>;
}
