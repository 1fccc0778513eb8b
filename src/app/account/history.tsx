import { useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { counted } from "@/components/clock";
import { LocalTime } from "@/components/local-time";
import { purposeName } from "@/components/purposes";
import { Fold } from "@/components/ui/fold";
import { maskAddress } from "@/mask";
import { useTRPC } from "@/trpc/client";
import type { AppRouter } from "@/trpc/root";
import styles from "./history.module.css";
import { ListState } from "./list-state";
import { Section } from "./section";
import section from "./section.module.css";

type Entry = inferRouterOutputs<AppRouter>["account"]["otpHistory"][number];

/** How many entries are shown. The others are folded. */
const IN_SIGHT = 5;

/** The newest codes asked for with this account, and their outcomes. */
export function History() {
  const trpc = useTRPC();
  const history = useQuery(trpc.account.otpHistory.queryOptions());
  const entries = history.data ?? [];
  const [recent, older] = [entries.slice(0, IN_SIGHT), entries.slice(IN_SIGHT)];
  return (
    <Section id="history" title="Code history">
      <ListState query={history} what="your codes" />
      {history.data ? (
        <p className={`${section.note} ${section.first}`}>
          {entries.length > 0
            ? "The newest 20 codes asked for with this account. One that was not used let nobody in."
            : "No code has been asked for with this account yet."}
        </p>
      ) : null}
      {recent.length > 0 ? <Entries entries={recent} /> : null}
      {older.length > 0 ? (
        <Fold title={counted(older.length, "older code")}>
          <Entries entries={older} />
        </Fold>
      ) : null}
    </Section>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  return (
    <ul className={styles.list}>
      {entries.map((entry) => (
        <li key={entry.sNo} className={styles.entry}>
          <p>{purposeName(entry.purpose)}</p>
          <p className={styles.meta}>
            <LocalTime iso={entry.createdAt} to="minute" />
          </p>
          <p className={styles.meta}>{sentTo(entry)}</p>
          <p className={styles.meta}>{fate(entry)}</p>
        </li>
      ))}
    </ul>
  );
}

/** The address is masked: others may see the screen, and its owner recognises it by its end. */
function sentTo({ channel, email, phone }: Entry): string {
  const way = channel === "sms" || (phone && !email) ? "SMS" : "Email";
  const address = email ?? phone;
  // An old address has become a digest.
  return address && /^\+|@/.test(address) ? `${way} to ${maskAddress(address)}` : way;
}

function fate({ isVerified, attempts }: Entry) {
  if (isVerified)
    return (
      <>
        <span className={styles.used}>Used</span>
        {attempts > 1 ? `, at try ${attempts}` : null}
      </>
    );
  return attempts > 0 ? `Not used, ${counted(attempts, "wrong try", "wrong tries")}` : "Not used";
}
