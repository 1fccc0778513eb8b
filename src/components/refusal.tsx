import type { Problem } from "@/trpc/problem";
import { spoken } from "./clock";
import { Timer } from "./timer";
import { beforeWait, sentence } from "./words";

type Props = {
  problem: Problem;
  secondsLeft: number;
  /** What to say before the seconds, where the page knows better than the refusal. */
  before?: string | undefined;
};

/** Why something was refused; how long to wait is counted down. */
export function Refusal({ problem, secondsLeft, before = beforeWait(problem) }: Props) {
  if (before === undefined) return sentence(problem);
  return (
    <>
      {before} <Timer>{spoken(secondsLeft)}</Timer>.
    </>
  );
}
