/** The seconds in an announced line. Screen readers do not announce a timer's changes, which would never end. */
export function Timer({ children }: { children: string }) {
  return <span role="timer">{children}</span>;
}
