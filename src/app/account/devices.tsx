import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { LocalTime } from "@/components/local-time";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { sentence } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { ListState } from "./list-state";
import { Section, StatusLine } from "./section";
import styles from "./sessions.module.css";

/** The browsers that one has signed in with, and the way to forget one. */
export function Devices() {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const [said, say] = useState("");
  const devices = useQuery(trpc.account.devices.queryOptions());

  // A device that is forgotten is signed out.
  const lookAgain = () =>
    Promise.all([
      queries.invalidateQueries(trpc.account.devices.queryFilter()),
      queries.invalidateQueries(trpc.account.sessions.queryFilter()),
    ]);
  const forget = useMutation(
    trpc.account.forgetDevice.mutationOptions({
      onSuccess: async (_ok, { id }) => {
        const gone = devices.data?.find((device) => device.id === id);
        await lookAgain();
        say(gone?.current ? "This browser is forgotten. You stay signed in." : `${gone?.device ?? "It"} is forgotten.`);
        // Its button is gone with it.
        heading.current?.focus();
      },
      onError: (error) => {
        const { reason } = problemOf(error);
        if (reason === "UNAUTHORIZED") router.refresh();
        // Forgotten meanwhile, here or there.
        if (reason === "NOT_FOUND") void lookAgain();
      },
    }),
  );
  const press = useOneAtATime((id: string) => {
    say("");
    forget.reset();
    return forget.mutateAsync({ id });
  });

  return (
    <Section id="devices" title="Known devices" heading={heading}>
      <p className={styles.lead}>
        Browsers you’ve signed in with. They still let you in while strangers try to guess your password or code.
        Forgetting one signs it out; this browser stays signed in.
      </p>
      <ListState query={devices} what="your known devices" />
      {devices.data?.length === 0 ? <p>None. The next browser you sign in with becomes one.</p> : null}
      {devices.data && devices.data.length > 0 ? (
        <ul className={styles.list}>
          {devices.data.map(({ id, current, device, createdAt, lastSeenAt }) => (
            <li key={id} className={styles.session}>
              <div className={styles.about}>
                <p>
                  {device} {current ? <span className={styles.current}>This browser</span> : null}
                </p>
                <p className={styles.meta}>
                  <span>
                    Known since <LocalTime iso={createdAt} to="minute" />
                  </span>
                  <span>
                    Last sign-in <LocalTime iso={lastSeenAt} to="minute" />
                  </span>
                </p>
              </div>
              <Button look="small" busy={forget.isPending && forget.variables.id === id} onClick={() => void press(id)}>
                Forget<span className="visually-hidden"> {device}</span>
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <FaultLine>{forget.error ? sentence(problemOf(forget.error)) : undefined}</FaultLine>
      <StatusLine>{said}</StatusLine>
    </Section>
  );
}
