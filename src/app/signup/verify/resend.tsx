"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { ResendButton } from "@/components/resend-button";
import { sentence, words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";

type Props = {
  identifier: string;
  accountType: "live" | "demo";
  secondsLeft: number;
  onSent: () => void;
};

/** Asks for another code; the countdown then comes from the server again. */
export function Resend({ identifier, accountType, secondsLeft, onSent }: Props) {
  const router = useRouter();
  const [refreshing, startRefresh] = useTransition();
  const trpc = useTRPC();
  const recount = () => startRefresh(() => router.refresh());
  const request = useMutation(
    trpc.signUp.requestCode.mutationOptions({
      onSuccess: () => {
        onSent();
        recount();
      },
      // Another tab has asked meanwhile.
      onError: (error) => problemOf(error).reason === "COOLDOWN" && recount(),
    }),
  );

  return (
    <ResendButton
      secondsLeft={secondsLeft}
      busy={request.isPending || refreshing}
      onPress={() => request.mutate({ identifier, accountType })}
      notice={request.isSuccess ? words.resent : undefined}
      fault={request.error ? sentence(problemOf(request.error)) : undefined}
    />
  );
}
