import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";

/**
 * What the lists of sessions and of devices do after an entry has ended. Both are queried again: ending a session makes
 * its device unknown, and forgetting a device ends its session.
 */
export function useEnding() {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [said, say] = useState("");

  const lookAgain = () =>
    Promise.all([
      queries.invalidateQueries(trpc.account.sessions.queryFilter()),
      queries.invalidateQueries(trpc.account.devices.queryFilter()),
    ]);

  return {
    heading,
    said,
    say,
    /** Queries both lists again and says what has ended. */
    async ended(what: string) {
      await lookAgain();
      say(what);
      // The entry's button is gone with it.
      heading.current?.focus();
    },
    /** Handles a refusal. */
    refused(error: unknown) {
      const { reason } = problemOf(error);
      // Signed out in the meantime: the server redirects.
      if (reason === "UNAUTHORIZED") router.refresh();
      // It has ended in the meantime, here or elsewhere.
      if (reason === "NOT_FOUND") void lookAgain();
    },
  };
}
