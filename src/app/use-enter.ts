import type { Route } from "next";
import { useRouter } from "next/navigation";
import { useCallback } from "react";

const pages = { profile: "/signup/profile", account: "/account", signin: "/signin" } as const satisfies Record<
  string,
  Route
>;

/** Goes where the server said; `account` may be a page of ours that one came from. */
export function useEnter() {
  const router = useRouter();
  return useCallback(
    (next: keyof typeof pages, account: Route = pages.account) => {
      router.push(next === "account" ? account : pages[next]);
      // Who is asking has changed: nothing that was rendered before still holds.
      router.refresh();
    },
    [router],
  );
}
