import Form from "next/form";
import Link from "next/link";
import { useId } from "react";
import type { Choice } from "@/components/names";
import { Button } from "@/components/ui/button";
import { filterWords } from "./filter-words";
import styles from "./filters.module.css";
import { type ListPage, listAt } from "./links";
import { type Params, textsOf } from "./params";

type Filter = {
  /** Its name in the page's address. */
  name: string;
  label: string;
  /** The values to choose from. Without them the field takes text. */
  choices?: readonly Choice[];
  type?: "search" | "date";
};

type Props = {
  /** The page that is filtered. */
  page: ListPage;
  filters: readonly Filter[];
  /** The query of the page's address. */
  params: Params;
};

/** The filters of a list. The page's address keeps them, so the form works without scripts. */
export function Filters({ page, filters, params }: Props) {
  const held = Object.entries(textsOf(params));
  // A filter that came with a link and has no field is kept. It can be removed.
  const hidden = held.flatMap(([name, value]) => {
    const words = filters.some((filter) => filter.name === name) ? null : filterWords(name, value);
    return words === null ? [] : [{ name, value, words }];
  });
  const without = (name: string) => listAt(page, Object.fromEntries(held.filter(([other]) => other !== name)));
  return (
    <Form
      // A new address makes a new form, so that its fields show the new values.
      key={JSON.stringify(held)}
      action={page}
      className={styles.filters}
    >
      {filters.map((filter) => (
        <FilterField key={filter.name} {...filter} held={String(params[filter.name] ?? "")} />
      ))}
      {hidden.map(({ name, value }) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Button type="submit" look="small">
        Search
      </Button>
      {held.some(([, value]) => value !== "") ? (
        <Link href={page} className={styles.clear}>
          Show all
        </Link>
      ) : null}
      {hidden.length > 0 ? (
        <div className={styles.also}>
          <span>Only those</span>
          {hidden.map(({ name, words }) => (
            <Link key={name} href={without(name)} className={styles.only} title="Drop this">
              {words}
              <span aria-hidden="true">×</span>
              <span className="visually-hidden">: drop this</span>
            </Link>
          ))}
        </div>
      ) : null}
    </Form>
  );
}

function FilterField({ name, label, choices, type = "search", held }: Filter & { held: string }) {
  const id = useId();
  return (
    <div className={styles.filter} data-wide={!choices && type === "search"}>
      <label htmlFor={id}>{label}</label>
      {choices ? (
        <select id={id} name={name} defaultValue={held}>
          <option value="">All</option>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.name}
            </option>
          ))}
        </select>
      ) : (
        <input id={id} type={type} name={name} defaultValue={held} autoComplete="off" spellCheck={false} />
      )}
    </div>
  );
}
