"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type FocusEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { useTRPC } from "@/trpc/client";
import { type Closing, closingOf } from "./closing";
import styles from "./closing-bar.module.css";
import { stepUpFrom } from "./links";

/** How often the bar checks whether the pages close soon. */
const LOOKS_MS = 10_000;

type Props = {
  /** How many seconds an admin's proofs were still good for when the page was rendered. */
  secondsLeft: number;
  /** When the page was rendered. Another time means another rendering. */
  served: number;
};

/** Warns before the admin pages close, and can keep them open. Typed text stays (ACC-05). */
export function ClosingBar({ secondsLeft, served }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const me = useQuery({ ...trpc.account.me.queryOptions(), enabled: false });
  const [closing, setClosing] = useState<Closing | null>(null);
  const known = useRef({ answered: 0, dayEnds: Number.POSITIVE_INFINITY });
  const before = useRef<Element | null>(null);

  useEffect(() => {
    const look = () => {
      const found = closingOf(known.current, Date.now());
      setClosing((shown) => (JSON.stringify(shown) === JSON.stringify(found) ? shown : found));
    };
    const answered = () => {
      known.current.answered = Date.now();
      look();
    };
    // By the browser's clock, which can differ from the server's.
    if (served > 0) known.current = { answered: Date.now(), dayEnds: Date.now() + secondsLeft * 1000 };
    look();
    const timer = setInterval(look, LOOKS_MS);
    const leave = [
      queries.getQueryCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "success") answered();
      }),
      queries.getMutationCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "success") answered();
      }),
    ];
    return () => {
      clearInterval(timer);
      for (const stop of leave) stop();
    };
  }, [queries, secondsLeft, served]);

  /** Queries the account. That restarts the idle hour, and the answer says how much of the day is left. */
  async function stay() {
    const { data } = await me.refetch();
    if (!data) return;
    const left = data.adminSecondsLeft ?? 0;
    known.current.dayEnds = Date.now() + left * 1000;
    setClosing(closingOf(known.current, Date.now()));
    if (before.current instanceof HTMLElement) before.current.focus();
  }

  const remember = ({ relatedTarget, currentTarget }: FocusEvent) => {
    if (relatedTarget && !currentTarget.contains(relatedTarget)) before.current = relatedTarget;
  };

  return (
    <div role="alert" className={styles.bar} onFocus={remember}>
      {closing ? (
        <>
          <p>{wordsOf(closing)}</p>
          {closing.isOver || closing.because === "day" ? (
            <Link href={stepUpFrom(true)} target="_blank" className={styles.prove}>
              Prove that it is you, in a new tab
            </Link>
          ) : null}
          <Button look="small" busy={me.isFetching} onClick={() => void stay()}>
            {closing.isOver || closing.because === "day" ? "Check again" : "Stay"}
          </Button>
        </>
      ) : null}
    </div>
  );
}

function wordsOf({ because, at, isOver }: Closing): string {
  if (isOver)
    return "These pages have closed until you prove who you are once more. What you have typed is still here.";
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return because === "day"
    ? `These pages close at ${time}, a day after you proved who you are.`
    : `These pages close at ${time}: nothing was asked for in a while.`;
}
