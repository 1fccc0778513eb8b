import { countdown } from "./clock";
import { Timer } from "./timer";
import { words } from "./words";

/** Says that a code has no tries left, and when another can be asked for. */
export function NoTries({ waitSeconds }: { waitSeconds: number }) {
  if (waitSeconds === 0) return `${words.noTries}.`;
  return (
    <>
      {words.noTries} in <Timer>{countdown(waitSeconds)}</Timer>.
    </>
  );
}
