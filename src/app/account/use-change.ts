import { useQueryClient } from "@tanstack/react-query";
import type { Route } from "next";
import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent } from "react";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { Change } from "./changes";
import { dropDraft, keepDraft, readDraft } from "./draft";
import type { Me } from "./me";
import { useInlineForm } from "./use-inline-form";

/**
 * A change that needs a fresh proof. Its form opens by its button, or by the page's address after `/step-up`. If a proof
 * is known to be missing, it is asked for before anything is typed.
 */
export function useChange(me: Me, change: Change) {
  const router = useRouter();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const place = useInlineForm();

  const openIfNamed = useEffectEvent(() => {
    if (window.location.hash === `#${change}`) place.open();
  });
  useEffect(() => {
    openIfNamed();
    window.addEventListener("hashchange", openIfNamed);
    return () => window.removeEventListener("hashchange", openIfNamed);
  }, []);

  function prove(text = "") {
    if (text) keepDraft({ account: me.id, change, text });
    // Which page it is stands in `next`: typed routes know the path alone.
    router.push(`/step-up?next=${encodeURIComponent(`/account#${change}`)}` as Route);
  }

  return {
    ...place,
    open() {
      if (me.missingProofs.length > 0) prove();
      else place.open();
    },
    close(said?: string) {
      dropDraft();
      // Otherwise a reload would open the closed form again.
      if (window.location.hash === `#${change}`) window.history.replaceState(null, "", window.location.pathname);
      place.close(said);
    },
    /** The text typed before the step-up. */
    draft: () => readDraft(me.id, change),
    /** Goes to the page that a refusal requires, if any. `text` is what was typed. */
    refused(error: unknown, text?: string) {
      const { reason } = problemOf(error);
      if (reason === "STEP_UP_REQUIRED") prove(text);
      // Signed out in the meantime: the server redirects.
      if (reason === "UNAUTHORIZED") router.refresh();
    },
    /** Queries again what the change affects. Without `now`, the account too. */
    changed(now?: Me) {
      if (now) queries.setQueryData(trpc.account.me.queryKey(), now);
      else void queries.invalidateQueries(trpc.account.me.queryFilter());
      void queries.invalidateQueries(trpc.account.sessions.queryFilter());
      void queries.invalidateQueries(trpc.account.otpHistory.queryFilter());
    },
  };
}

/** The error to show. One that leads to `/step-up` is not shown. */
export function errorToShow(error: unknown): unknown {
  return error && problemOf(error).reason === "STEP_UP_REQUIRED" ? null : error;
}
