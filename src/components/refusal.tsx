import type { Problem } from "@/trpc/problem";
import { spoken } from "./clock";
import { Timer } from "./timer";
import { beforeWait, sentence } from "./words";

type Props = {
  problem: Problem;
  secondsLeft: number;
  /** The words before the seconds, if the page knows better ones than the refusal. */
  before?: string | undefined;
};

/** Why something was refused, with a countdown of the wait. */
export function Refusal({ problem, secondsLeft, before = beforeWait(problem) }: Props) {
  if (before === undefined) return sentence(problem);
  return (
    <>
      {before} <Timer>{spoken(secondsLeft)}</Timer>.
    </>
  );
}
