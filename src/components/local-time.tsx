import { useBrowserValue } from "./use-browser-value";

type Props = {
  iso: string;
  /** Times of a day need seconds, times of years only minutes. */
  to?: "second" | "minute";
};

/** A moment in the reader’s time zone, with UTC as a tooltip. */
export function LocalTime({ iso, to = "second" }: Props) {
  const utc = `${iso.slice(0, 19).replace("T", " ")} UTC`;
  const local = useBrowserValue(() => localTime(new Date(iso), to), utc);
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
  zone: new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }),
};

/** A moment as text. One of another year has its year: "21 Nov" alone would mean this year's. */
export function localTime(time: Date, to: "second" | "minute", now = new Date()): string {
  return formats[time.getFullYear() === now.getFullYear() ? to : "minute"].format(time);
}

/** Names the time zone of the times around it, once the browser's is known. */
export function Zone() {
  const zone = useBrowserValue(
    () => formats.zone.formatToParts(new Date()).find(({ type }) => type === "timeZoneName")?.value ?? "",
    "UTC",
  );
  return <>Times by your clock ({zone}).</>;
}
