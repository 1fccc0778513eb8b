import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { emptyFields } from "@/components/faults";
import { Refusal } from "@/components/refusal";
import { Field } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { words } from "@/components/words";
import type { Channel } from "@/db/channel";
import { useTRPC, useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { isSameAddress } from "../_code/same-address";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";
import { Actions } from "./actions";
import { errorToShow, type useChange } from "./use-change";

type Props = {
  channel: Channel;
  current: string | null;
  change: ReturnType<typeof useChange>;
  /** The address that waits for its code, if any. */
  waiting: string | undefined;
  /** Why the address asked for before was refused. */
  refusedAs: unknown;
  onAsked: () => void;
  onCancel: () => void;
};

/** Asks for the new address and sends a code to it. */
export function AddressForm({ channel, current, change, waiting, refusedAs, onAsked, onCancel }: Props) {
  const { name, label, missing, purpose, ...input } = texts[channel];
  const trpc = useTRPC();
  const queries = useQueryClient();
  const request = useRequestChange(channel, {
    onSuccess: async () => {
      await queries.invalidateQueries(trpc.challenge.current.queryFilter({ purpose }));
      void queries.invalidateQueries(trpc.account.otpHistory.queryFilter());
      onAsked();
    },
    onError: (error, address) => {
      // This browser asked for the same address a moment ago, so its code is on the way.
      if (problemOf(error).reason === "COOLDOWN" && waiting && isSameAddress(waiting, address)) onAsked();
      else change.refused(error, address);
    },
  });
  const refusal = useRefusal(errorToShow(request.error));
  const { data: status } = useQuery(trpc.status.textMessages.queryOptions());
  const paused = channel === "sms" && status?.pausedUntil ? `${words.smsPausedWaiting} ` : "";
  const [draft] = useState(change.draft);
  const [faults, setFound] = useFaults((refusal && request.error) ?? refusedAs, [name]);

  function send(data: FormData) {
    const address = textOf(data, name).trim();
    const empty = emptyFields({ [name]: [address, missing] });
    setFound(empty);
    if (empty) return;
    return request.mutateAsync(address);
  }

  return (
    <Form send={send} faults={faults}>
      <Field
        {...input}
        label={label}
        name={name}
        autoFocus
        autoCapitalize="none"
        spellCheck={false}
        required
        defaultValue={draft}
        hint={
          paused +
          (current ? "We send a code there. Until you enter it here, the old one stays." : "We send a code there.")
        }
        fault={faults.fields[name]}
      />
      <Actions
        busy={request.isPending}
        busyLabel="Sending…"
        onCancel={onCancel}
        fault={faults.whole && refusal ? <Refusal {...refusal} /> : faults.whole}
      >
        Send code
      </Actions>
    </Form>
  );
}

const texts = {
  email: {
    name: "newEmail",
    label: "New email",
    missing: "Enter the new email.",
    purpose: "email-change",
    type: "text",
    inputMode: "email",
    autoComplete: "email",
  },
  sms: {
    name: "newPhone",
    label: "New phone number",
    missing: "Enter the new number.",
    purpose: "phone-change",
    type: "tel",
    inputMode: "tel",
    autoComplete: "tel",
  },
} as const;

type Answers = { onSuccess: () => unknown; onError: (error: unknown, address: string) => void };

/** Asks for a code to a new address, on either channel. */
export function useRequestChange(channel: Channel, { onSuccess, onError }: Answers) {
  const client = useTRPCClient();
  return useMutation({
    mutationFn: (address: string) =>
      channel === "email"
        ? client.account.requestEmailChange.mutate({ newEmail: address })
        : client.account.requestPhoneChange.mutate({ newPhone: address }),
    onSuccess,
    onError,
  });
}
