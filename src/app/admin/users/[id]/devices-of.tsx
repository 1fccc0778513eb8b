import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { LocalTime } from "@/components/local-time";
import { Button } from "@/components/ui/button";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { useTRPC } from "@/trpc/client";
import type { AdminOutput } from "../../questions";
import { type Column, Table } from "../../table";
import styles from "../users.module.css";
import { ReasonForm } from "./reason-form";

type Device = AdminOutput["users"]["get"]["devices"][number];
type Props = { id: string; devices: Device[] };

/** The browsers that an account has signed in with. An admin who forgets one gives a reason. */
export function DevicesOf({ id, devices }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  // The focus returns here when the form is closed.
  const opener = useRef<HTMLButtonElement | null>(null);
  const [open, setOpen] = useState<Device | null>(null);
  const [said, say] = useState("");
  const forget = useMutation(
    trpc.admin.users.forgetDevice.mutationOptions({
      onSuccess: async () => {
        say(`${open?.device ?? "The device"} is forgotten.`);
        setOpen(null);
        await queries.invalidateQueries(trpc.admin.users.pathFilter());
        // Its button is gone with the device.
        heading.current?.focus();
      },
    }),
  );
  const send = useOneAtATime((deviceId: string, reason: string) =>
    forget.mutateAsync({ id, deviceId, reason }).catch(() => {}),
  );

  const columns: Column<Device>[] = [
    { title: "Device", value: ({ device }) => device },
    {
      title: "Known since",
      value: ({ createdAt }) => createdAt,
      cell: (row) => <LocalTime iso={row.createdAt} to="minute" />,
    },
    {
      title: "Last sign-in",
      value: ({ lastSeenAt }) => lastSeenAt,
      cell: (row) => <LocalTime iso={row.lastSeenAt} to="minute" />,
    },
    {
      title: "Forget",
      value: () => null,
      cell: (row) => (
        <Button
          look="small"
          aria-expanded={open?.id === row.id}
          onClick={({ currentTarget }) => {
            opener.current = currentTarget;
            forget.reset();
            say("");
            setOpen(open?.id === row.id ? null : row);
          }}
        >
          Forget<span className="visually-hidden"> {row.device}</span>
        </Button>
      ),
    },
  ];
  return (
    <section aria-labelledby="devices" className={styles.section}>
      <div className={styles.head}>
        <h2 id="devices" ref={heading} tabIndex={-1}>
          Known devices
        </h2>
      </div>
      <Table
        caption="Known devices"
        columns={columns}
        rows={devices}
        keyOf={({ id: device }) => device}
        empty="None. The next browser they sign in with becomes one."
      />
      {open ? (
        <ReasonForm
          key={open.id}
          about={`${open.device} is signed out, and its next sign-in is told to the owner as a new device’s.`}
          submit="Forget device"
          busy={forget.isPending}
          busyLabel="Forgetting…"
          error={forget.error}
          onSend={(reason) => void send(open.id, reason)}
          onCancel={() => {
            setOpen(null);
            opener.current?.focus();
          }}
        />
      ) : null}
      <p role="status" className={styles.said}>
        {said}
      </p>
    </section>
  );
}
