import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { useTRPC, useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { AdminOutput } from "../../questions";
import styles from "../users.module.css";
import { ReasonForm } from "./reason-form";

type Account = AdminOutput["users"]["get"]["account"];
type Name = "unlock" | "revokeSessions" | "sendReset" | "activate" | "deactivate" | "grant" | "revoke" | "delete";
type Action = { title: string; asks: string; done: string };

const ACTIONS: Record<Name, Action> = {
  unlock: {
    title: "Unlock",
    asks: "Codes and passwords are compared again at once, and what failed before is forgotten.",
    done: "Unlocked.",
  },
  revokeSessions: {
    title: "End all sessions",
    asks: "They are signed out everywhere, at once, and no device of theirs is known any more.",
    done: "All sessions are ended.",
  },
  sendReset: {
    title: "Send a reset link",
    asks: "They get a link that sets a new password. It works for 15 minutes, once.",
    done: "A reset link is on its way.",
  },
  activate: { title: "Activate", asks: "They can sign in again.", done: "Activated." },
  deactivate: {
    title: "Deactivate",
    asks: "They are signed out at once and cannot sign in. Nothing of theirs is deleted.",
    done: "Deactivated.",
  },
  grant: {
    title: "Make an admin",
    asks: "They see all of this, once they have signed in anew with password and code.",
    done: "They are an admin now.",
  },
  revoke: { title: "Make a user", asks: "They lose these pages at once.", done: "They are a user now." },
  delete: {
    title: "Delete account",
    asks: "Everything personal is erased at once, for good. The totals of days stay.",
    done: "Deleted.",
  },
};

/** The actions that this account allows now. */
function offered({ lockedUntil, codesClosedUntil, isActive, role, email }: Account): Name[] {
  return [
    ...(lockedUntil || codesClosedUntil ? (["unlock"] as const) : []),
    "revokeSessions",
    ...(email ? (["sendReset"] as const) : []),
    isActive ? "deactivate" : "activate",
    role === "ADMIN" ? "revoke" : "grant",
    "delete",
  ];
}

/** An admin's actions on an account. Each asks for a reason, and takes effect on the person's next request. */
export function Actions({ account }: { account: Account }) {
  const trpc = useTRPC();
  const api = useTRPCClient().admin.users;
  const queries = useQueryClient();
  const router = useRouter();
  // The focus returns to the opener when a form is closed. After an action the opener may be gone: it goes to the first.
  const opener = useRef<HTMLButtonElement | null>(null);
  const first = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState<Name | null>(null);
  const [said, say] = useState("");
  const { id } = account;

  const calls: Record<Name, (reason: string) => Promise<unknown>> = {
    unlock: (reason) => api.unlock.mutate({ id, reason }),
    revokeSessions: (reason) => api.revokeSessions.mutate({ id, reason }),
    sendReset: (reason) => api.sendReset.mutate({ id, reason }),
    activate: (reason) => api.setActive.mutate({ id, active: true, reason }),
    deactivate: (reason) => api.setActive.mutate({ id, active: false, reason }),
    grant: (reason) => api.setRole.mutate({ id, role: "ADMIN", reason }),
    revoke: (reason) => api.setRole.mutate({ id, role: "USER", reason }),
    delete: (reason) => api.delete.mutate({ id, reason }),
  };
  const act = useMutation({
    mutationFn: ({ name, reason }: { name: Name; reason: string }) => calls[name](reason),
    onSuccess: async (_ok, { name }) => {
      if (name === "delete") return router.replace("/admin/users");
      setOpen(null);
      say(ACTIONS[name].done);
      await queries.invalidateQueries(trpc.admin.users.pathFilter());
      first.current?.focus();
    },
  });
  const send = useOneAtATime((name: Name, reason: string) => act.mutateAsync({ name, reason }).catch(() => {}));
  function close() {
    setOpen(null);
    opener.current?.focus();
  }
  const problem = act.error ? problemOf(act.error) : null;
  // The server names the obstacle under the field that it would have changed.
  const why = problem?.fieldErrors.email?.[0] ?? problem?.fieldErrors.id?.[0];

  return (
    <section aria-label="Actions" className={styles.section}>
      <div className={styles.buttons}>
        {offered(account).map((name, at) => (
          <Button
            key={name}
            ref={at === 0 ? first : undefined}
            look="small"
            aria-expanded={open === name}
            onClick={({ currentTarget }) => {
              opener.current = currentTarget;
              act.reset();
              say("");
              setOpen(open === name ? null : name);
            }}
          >
            {ACTIONS[name].title}
          </Button>
        ))}
      </div>
      {open ? (
        <ReasonForm
          key={open}
          about={ACTIONS[open].asks}
          submit={ACTIONS[open].title}
          busy={act.isPending}
          busyLabel="Doing it…"
          error={act.error}
          fault={why}
          onSend={(reason) => void send(open, reason)}
          onCancel={close}
        />
      ) : null}
      <p role="status" className={styles.said}>
        {said}
      </p>
    </section>
  );
}
