import { useBrowser } from "./use-browser";

type Props = {
  iso: string;
  /** To the second within the last day, or to the minute within years. */
  to?: "second" | "minute";
};

/** A moment by the reader’s own clock, with UTC at hand. */
export function LocalTime({ iso, to = "second" }: Props) {
  const utc = `${iso.slice(0, 19).replace("T", " ")} UTC`;
  const local = useBrowser(() => formats[to].format(new Date(iso)), utc);
  return (
    <time dateTime={iso} title={utc}>
      {local}
    </time>
  );
}

const moment = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;

const formats = {
  second: new Intl.DateTimeFormat("en-GB", { ...moment, second: "2-digit" }),
  minute: new Intl.DateTimeFormat("en-GB", { ...moment, year: "numeric" }),
};
