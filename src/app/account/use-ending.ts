import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";

/**
 * What the lists of sessions and of devices do once an entry is ended. Both are looked up again: a session that ends
 * makes a stranger of its device, and a device that is forgotten is signed out.
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
    /** Says what is over. */
    async ended(what: string) {
      await lookAgain();
      say(what);
      // The entry's button is gone with it.
      heading.current?.focus();
    },
    /** Goes on from a refusal. */
    refused(error: unknown) {
      const { reason } = problemOf(error);
      // Signed out meanwhile: the server knows where to lead.
      if (reason === "UNAUTHORIZED") router.refresh();
      // Ended meanwhile, here or elsewhere.
      if (reason === "NOT_FOUND") void lookAgain();
    },
  };
}
