import { useRouter } from "next/navigation";
import { type ReactNode, useOptimistic, useTransition } from "react";
import type { Choice } from "@/components/names";
import { toDashboard } from "./links";
import { type Params, textsOf } from "./params";
import styles from "./url-select.module.css";

type Props = {
  label: string;
  /** Its name in the page's address. */
  name: string;
  /** The name of the empty choice. */
  all: string;
  choices: readonly Choice[];
  params: Params;
};

/** A choice kept in the dashboard's address. */
export function UrlSelect({ label, name, all, choices, params }: Props) {
  const router = useRouter();
  const held = choices.find((choice) => choice.value === params[name])?.value ?? "";
  // The choice is shown at once, before its page has loaded.
  const [value, choose] = useOptimistic(held);
  const [isGoing, start] = useTransition();
  return (
    <label className={styles.select}>
      <span className="visually-hidden">{label}</span>
      <select
        value={value}
        aria-busy={isGoing}
        onChange={(event) => {
          const chosen = event.target.value || undefined;
          start(() => {
            choose(chosen ?? "");
            router.push(toDashboard({ ...textsOf(params), [name]: chosen }), { scroll: false });
          });
        }}
      >
        <option value="">{all}</option>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A panel's choices, side by side above its table. */
export const Choices = ({ children }: { children: ReactNode }) => <div className={styles.choices}>{children}</div>;
