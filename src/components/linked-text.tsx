import { Fragment } from "react";
import { linked } from "./links";

/** Plain text whose web addresses can be followed. */
export function LinkedText({ text }: { text: string }) {
  return linked(text).map(({ at, text: part, link }) =>
    link ? (
      <a key={at} href={part} rel="noreferrer">
        {part}
      </a>
    ) : (
      <Fragment key={at}>{part}</Fragment>
    ),
  );
}
