import { useBrowserValue } from "./use-browser-value";

type Props = {
  iso: string;
  /** To the second within the last day, or to the minute within years. */
  to?: "second" | "minute";
};

/** A moment by the reader’s own clock, with UTC at hand. */
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

/** A moment of another year has its year with it: "21 Nov" alone would be taken for this one's. */
export function localTime(time: Date, to: "second" | "minute", now = new Date()): string {
  return formats[time.getFullYear() === now.getFullYear() ? to : "minute"].format(time);
}

/** Which clock the times around it are told by, once the browser's is known. */
export function Zone() {
  const zone = useBrowserValue(
    () => formats.zone.formatToParts(new Date()).find(({ type }) => type === "timeZoneName")?.value ?? "",
    "UTC",
  );
  return <>Times by your clock ({zone}).</>;
}
