import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { CodeHelp } from "@/components/code-help";
import { Button } from "@/components/ui/button";
import { words } from "@/components/words";
import type { Channel } from "@/db/channel";
import { useTRPC, useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { AppRouter } from "@/trpc/root";
import { CodeEntry } from "../_code/code-entry";
import styles from "./address-code.module.css";
import { useRequestChange } from "./address-form";
import { errorToShow, type useChange } from "./use-change";

type Props = {
  channel: Channel;
  challenge: NonNullable<inferRouterOutputs<AppRouter>["challenge"]["current"]>;
  /** The address that works until the new one is verified. */
  current: string | null;
  supportEmail: string | null;
  inbox: boolean;
  change: ReturnType<typeof useChange>;
  onOther: () => void;
  /** Another account has the address. Only a person who has verified it is told. */
  onTaken: (error: unknown) => void;
  onCancel: () => void;
  onDone: () => void;
};

/** Takes the code that went to the new address. The right one makes the address the account’s. */
export function AddressCode(props: Props) {
  const { channel, challenge, current, supportEmail, inbox, change, onOther, onTaken, onCancel, onDone } = props;
  const { identifier, receipt } = challenge;
  const purpose = channel === "email" ? "email-change" : "phone-change";
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const { data: status } = useQuery(trpc.status.textMessages.queryOptions());
  const recount = () => queries.invalidateQueries(trpc.challenge.current.queryFilter({ purpose }));

  const confirm = useMutation({
    mutationFn: (code: string) =>
      channel === "email"
        ? client.account.confirmEmailChange.mutate({ code })
        : client.account.confirmPhoneChange.mutate({ code }),
    onSuccess: (me) => {
      change.changed(me);
      void recount();
      onDone();
    },
    onError: (error) => {
      if (problemOf(error).reason === "TAKEN") onTaken(error);
      else change.refused(error);
    },
  });
  const request = useRequestChange(channel, {
    onSuccess: recount,
    onError: (error) => {
      // Another tab has asked in the meantime.
      if (problemOf(error).reason === "COOLDOWN") void recount();
      else change.refused(error);
    },
  });

  return (
    <>
      <CodeEntry
        receipt={receipt}
        verify={{ ...confirm, error: errorToShow(confirm.error) }}
        request={{ ...request, mutateAsync: () => request.mutateAsync(identifier), error: errorToShow(request.error) }}
        lead={(secondsLeft) => (
          <p className={styles.lead}>
            Enter the {receipt.codeLength}-digit code we sent to <strong>{identifier}</strong>.{" "}
            {words.codeLife(secondsLeft)} {current ? "The old one stays until then." : null}
          </p>
        )}
      />
      <div className={styles.ways}>
        <Button look="plain" onClick={onOther}>
          Use a different {channel === "email" ? "address" : "number"}
        </Button>
        <Button look="plain" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <CodeHelp channel={channel} supportEmail={supportEmail} inbox={inbox} smsPaused={Boolean(status?.pausedUntil)} />
    </>
  );
}
