import { countdown } from "./clock";
import { Timer } from "./timer";
import { words } from "./words";

/** Says that a code is used up, and when there can be another. */
export function NoTries({ waitSeconds }: { waitSeconds: number }) {
  if (waitSeconds === 0) return `${words.noTries}.`;
  return (
    <>
      {words.noTries} in <Timer>{countdown(waitSeconds)}</Timer>.
    </>
  );
}
