"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { sentence } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";

/** Ends this browser's session. */
export function SignOut() {
  const router = useRouter();
  const trpc = useTRPC();
  const signOut = useMutation(
    trpc.signIn.signOut.mutationOptions({
      onSuccess: () => {
        // Drafts and cancelled changes belong to the person who leaves.
        sessionStorage.clear();
        router.push("/");
        router.refresh();
      },
    }),
  );
  return (
    <div>
      <Button
        look="plain"
        busy={signOut.isPending || signOut.isSuccess}
        busyLabel="Signing out…"
        onClick={() => signOut.mutate()}
      >
        Sign out
      </Button>
      <FaultLine>{signOut.error ? sentence(problemOf(signOut.error)) : undefined}</FaultLine>
    </div>
  );
}
