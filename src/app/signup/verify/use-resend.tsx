import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Refusal } from "@/components/refusal";
import { useSingle } from "@/components/ui/use-single";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { useRefusal } from "../../use-refusal";

type Asked = {
  identifier: string;
  accountType: "live" | "demo";
  /** How long the receipt says to wait. */
  secondsLeft: number;
  /** Whether the code that was sent may still be entered. */
  works: boolean;
  /** When a code was last tried: what was said of asking is over then. */
  triedAt: number;
  onSent: () => void;
};

/** Asks for another code, and shows it on a `ResendButton`; the countdown then comes from the server again. */
export function useResend({ identifier, accountType, secondsLeft, works, triedAt, onSent }: Asked) {
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
  const press = useSingle(() => request.mutateAsync({ identifier, accountType }));
  const refusal = useRefusal(request.error);
  const isNews = triedAt <= request.submittedAt;
  const before = refusal?.problem.reason === "RATE_LIMITED" ? words.lastCode(works) : undefined;

  return {
    // The receipt knows of the last code, the refusal of all codes of the hour.
    secondsLeft: Math.max(secondsLeft, refusal?.secondsLeft ?? 0),
    busy: request.isPending || refreshing,
    onPress: press,
    notice: isNews && request.isSuccess ? words.resent : undefined,
    fault: isNews && refusal ? <Refusal {...refusal} before={before} /> : undefined,
  };
}
