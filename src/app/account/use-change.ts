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
 * A change that needs a fresh proof. It opens by its button, or by the page's address when one comes back from
 * `/step-up`; where it is known that a proof is missing, that is asked for before anything is typed.
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
      // A reload is not to open again what was closed.
      if (window.location.hash === `#${change}`) window.history.replaceState(null, "", window.location.pathname);
      place.close(said);
    },
    /** What was typed before its writer went away to prove who it is. */
    draft: () => readDraft(me.id, change),
    /** Goes where a refusal leads, if it leads anywhere; `text` is what was typed. */
    refused(error: unknown, text?: string) {
      const { reason } = problemOf(error);
      if (reason === "STEP_UP_REQUIRED") prove(text);
      // Signed out meanwhile: the server knows where to lead.
      if (reason === "UNAUTHORIZED") router.refresh();
    },
    /** Looks up again what a change has changed beside itself; the account too, where its answer did not tell. */
    changed(now?: Me) {
      if (now) queries.setQueryData(trpc.account.me.queryKey(), now);
      else void queries.invalidateQueries(trpc.account.me.queryFilter());
      void queries.invalidateQueries(trpc.account.sessions.queryFilter());
      void queries.invalidateQueries(trpc.account.otpHistory.queryFilter());
    },
  };
}

/** An error as far as it is to be shown: one that leads to `/step-up` is not. */
export function errorToShow(error: unknown): unknown {
  return error && problemOf(error).reason === "STEP_UP_REQUIRED" ? null : error;
}
