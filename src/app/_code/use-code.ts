import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { problemOf } from "@/trpc/problem";

type Ways<T> = {
  /** Checks the code. */
  verify: (code: string) => Promise<T>;
  /** Asks for another one. */
  request: () => Promise<unknown>;
  onVerified: (earned: T) => void;
};

/** The two calls of a page that takes a code, for `CodeEntry`. After a new code the countdown comes from the server. */
export function useCode<T>({ verify, request, onVerified }: Ways<T>) {
  const router = useRouter();
  const [refreshing, startRefresh] = useTransition();
  const recount = () => startRefresh(() => router.refresh());
  const verifying = useMutation({ mutationFn: verify, onSuccess: onVerified });
  const requesting = useMutation({
    mutationFn: request,
    onSuccess: recount,
    // Another tab has asked in the meantime.
    onError: (error) => problemOf(error).reason === "COOLDOWN" && recount(),
  });
  return { verify: verifying, request: { ...requesting, isPending: requesting.isPending || refreshing } };
}
