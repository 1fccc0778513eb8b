import { useMutation, useQuery } from "@tanstack/react-query";
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

/** The browsers that the account has signed in with, and a button to forget each. */
export function Devices() {
  const trpc = useTRPC();
  const devices = useQuery(trpc.account.devices.queryOptions());
  const { heading, said, say, ended, refused } = useEnding();
  const forget = useMutation(
    trpc.account.forgetDevice.mutationOptions({
      onSuccess: (_ok, { id }) => {
        const gone = devices.data?.find((device) => device.id === id);
        return ended(
          gone?.current ? "This browser is forgotten. You stay signed in." : `${gone?.device ?? "It"} is forgotten.`,
        );
      },
      onError: refused,
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
            <BrowserEntry
              key={id}
              device={device}
              current={current}
              button={
                <Button
                  look="small"
                  busy={forget.isPending && forget.variables.id === id}
                  onClick={() => void press(id)}
                >
                  Forget<span className="visually-hidden"> {device}</span>
                </Button>
              }
            >
              <span>
                Known since <LocalTime iso={createdAt} to="minute" />
              </span>
              <span>
                Last sign-in <LocalTime iso={lastSeenAt} to="minute" />
              </span>
            </BrowserEntry>
          ))}
        </ul>
      ) : null}
      <FaultLine>{forget.error ? sentence(problemOf(forget.error)) : undefined}</FaultLine>
      <StatusLine>{said}</StatusLine>
    </Section>
  );
}
