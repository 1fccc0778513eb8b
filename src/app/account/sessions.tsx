import { useMutation, useQuery } from "@tanstack/react-query";
import { counted } from "@/components/clock";
import { LocalTime } from "@/components/local-time";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { sentence } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { BrowserEntry } from "./browser-entry";
import { ListState } from "./list-state";
import { Section, StatusLine } from "./section";
import styles from "./sessions.module.css";
import { useEnding } from "./use-ending";

/** Where the account is signed in, and a button to end each session. */
export function Sessions() {
  const trpc = useTRPC();
  const sessions = useQuery(trpc.account.sessions.queryOptions());
  const others = sessions.data?.filter(({ current }) => !current) ?? [];
  const { heading, said, say, ended, refused } = useEnding();
  const end = useMutation(
    trpc.account.revokeSession.mutationOptions({
      onSuccess: (_ok, { id }) => {
        const gone = others.find((session) => session.id === id);
        return ended(`${gone?.device ?? "That session"} is signed out.`);
      },
      onError: refused,
    }),
  );
  const endOthers = useMutation(
    trpc.account.revokeOtherSessions.mutationOptions({
      onSuccess: () => ended("You are signed out everywhere but here."),
      onError: refused,
    }),
  );
  const press = useOneAtATime((work: () => Promise<unknown>) => {
    say("");
    end.reset();
    endOthers.reset();
    return work();
  });
  const error = end.error ?? endOthers.error;

  return (
    <Section id="sessions" title="Sessions" heading={heading}>
      <ListState query={sessions} what="your sessions" />
      {sessions.data ? (
        <ul className={styles.list}>
          {sessions.data.map(({ id, current, device, ipAddress, createdAt, lastSeenAt }) => (
            <BrowserEntry
              key={id}
              device={device}
              current={current}
              button={
                current ? null : (
                  <Button
                    look="small"
                    busy={end.isPending && end.variables.id === id}
                    onClick={() => void press(() => end.mutateAsync({ id }))}
                  >
                    End session<span className="visually-hidden"> in {device}</span>
                  </Button>
                )
              }
            >
              {ipAddress ? <span className={styles.address}>{ipAddress}</span> : null}
              <span>
                Signed in <LocalTime iso={createdAt} to="minute" />
              </span>
              {current ? null : (
                <span>
                  Last seen <LocalTime iso={lastSeenAt} to="minute" />
                </span>
              )}
            </BrowserEntry>
          ))}
        </ul>
      ) : null}
      {others.length > 0 ? (
        <p className={styles.everywhere}>
          <Button
            look="small"
            busy={endOthers.isPending}
            busyLabel="Signing out…"
            onClick={() => void press(() => endOthers.mutateAsync())}
          >
            Sign out everywhere else
          </Button>
          <span className={styles.meta}>{counted(others.length, "other session")}</span>
        </p>
      ) : null}
      <FaultLine>{error ? sentence(problemOf(error)) : undefined}</FaultLine>
      <StatusLine>{said}</StatusLine>
    </Section>
  );
}
