import { useQuery } from "@tanstack/react-query";
import { LocalTime } from "@/components/local-time";
import { purposeName } from "@/components/purposes";
import { Fold } from "@/components/ui/fold";
import { useTRPC } from "@/trpc/client";
import { QueryState } from "../../query-state";
import type { AdminOutput } from "../../questions";
import { type Column, Table } from "../../table";
import { whileRevealed } from "../../while-revealed";

type Entry = AdminOutput["users"]["otpHistory"][number];

const columns: Column<Entry>[] = [
  { title: "Asked for", value: ({ createdAt }) => createdAt, cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { title: "For", value: ({ purpose }) => purpose, cell: ({ purpose }) => purposeName(purpose) },
  { title: "Address", look: "mono", value: ({ email, phone }) => email ?? phone },
  {
    title: "Verified",
    value: ({ verifiedAt }) => verifiedAt,
    cell: ({ isVerified, verifiedAt }) => (verifiedAt ? <LocalTime iso={verifiedAt} /> : isVerified ? "Yes" : "No"),
  },
  { title: "Tries", look: "number", value: ({ attempts }) => attempts },
  { title: "IP address", look: "mono", value: ({ ipAddress }) => ipAddress },
];

/** 000's history of an account: its newest 20 codes. */
export function CodesOf({ id, reveal }: { id: string; reveal: boolean }) {
  const trpc = useTRPC();
  const options = trpc.admin.users.otpHistory.queryOptions({ id, ...(reveal && { reveal }) });
  const query = useQuery({ ...options, ...whileRevealed(reveal) });
  return (
    <>
      <QueryState query={query} what="its codes" />
      {query.data ? (
        <Fold title={query.data.length === 0 ? "No code yet" : `Newest ${query.data.length}`}>
          <Table
            caption="Newest 20 codes"
            columns={columns}
            rows={query.data}
            keyOf={({ sNo }) => sNo}
            empty="No code has been asked for with this account."
          />
        </Fold>
      ) : null}
    </>
  );
}
