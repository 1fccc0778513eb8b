import { useQueryClient } from "@tanstack/react-query";
import type { Route } from "next";
import { useRouter } from "next/navigation";
import { useCallback } from "react";
import { forgetTyped } from "../_code/typed-address";

const pages = { profile: "/signup/profile", account: "/account", signin: "/signin" } as const satisfies Record<
  string,
  Route
>;

/** Goes where the server said; `account` may be a page of ours that one came from. */
export function useEnter() {
  const router = useRouter();
  const queries = useQueryClient();
  return useCallback(
    (next: keyof typeof pages, account: Route = pages.account) => {
      router.push(next === "account" ? account : pages[next]);
      // Who is asking has changed: nothing that was rendered or looked up before still holds.
      queries.clear();
      forgetTyped();
      router.refresh();
    },
    [router, queries],
  );
}
