import { useQueryClient } from "@tanstack/react-query";
import type { Route } from "next";
import { useRouter } from "next/navigation";
import { useCallback } from "react";
import { forgetTyped } from "../_code/typed-address";

const pages = { profile: "/signup/profile", account: "/account", signin: "/signin" } as const satisfies Record<
  string,
  Route
>;

/** Goes to the page that the server named. `account` can be the page that the person came from. */
export function useEnter() {
  const router = useRouter();
  const queries = useQueryClient();
  return useCallback(
    (next: keyof typeof pages, account: Route = pages.account) => {
      router.push(next === "account" ? account : pages[next]);
      // Another person is signed in now, so nothing rendered or queried before is valid.
      queries.clear();
      forgetTyped();
      router.refresh();
    },
    [router, queries],
  );
}
