import { useBrowser } from "./use-browser";

/** A moment of the last day by the reader’s own clock, with UTC at hand. */
export function LocalTime({ iso }: { iso: string }) {
  const utc = `${iso.slice(0, 19).replace("T", " ")} UTC`;
  const local = useBrowser(() => format.format(new Date(iso)), utc);
  return (
    <time dateTime={iso} title={utc}>
      {local}
    </time>
  );
}

const format = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
