import { type MouseEvent, useId, useState } from "react";
import { codeOfMessage } from "@/components/code";
import { LocalTime } from "@/components/local-time";
import { CopyButton } from "@/components/ui/copy-button";
import { Fold } from "@/components/ui/fold";
import type { Channel } from "@/db/channel";
import { MessageHtml, MessageText } from "../message";
import styles from "./message.module.css";

type Props = {
  channel: Channel;
  to: string;
  subject: string | null;
  text: string;
  html: string | null;
  createdAt: string;
  newest: boolean;
};

/** One message as its recipient sees it, with its code first. The newest is open, the older ones are one line each. */
export function Message({ channel, to, subject, text, html, createdAt, newest }: Props) {
  const id = useId();
  const [chosen, choose] = useState<boolean | null>(null);
  const open = chosen ?? newest;
  const title = subject ?? "Text message";
  const code = codeOfMessage(text);

  function toggle(event: MouseEvent) {
    // Only React opens and closes it: the browser's own state would differ once a newer message comes.
    event.preventDefault();
    choose(!open);
  }

  return (
    <article className={styles.message} aria-labelledby={id}>
      <details open={open}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a button by nature */}
        <summary className={styles.summary} onClick={toggle}>
          <h2 id={id} className={styles.subject}>
            {title}
          </h2>
          <p className={styles.envelope}>
            {channel === "sms" ? "SMS" : "Email"} to {to}, <LocalTime iso={createdAt} />
          </p>
          {open ? null : <p className={styles.glimpse}>{code}</p>}
        </summary>
        {code ? (
          <div className={styles.code}>
            <span className={styles.digits}>{code}</span>
            <CopyButton text={code}>Copy code</CopyButton>
          </div>
        ) : null}
        {html ? (
          <>
            {open ? <MessageHtml title={title} html={html} /> : null}
            <Fold title="As text">
              <MessageText text={text} />
            </Fold>
          </>
        ) : (
          <MessageText text={text} />
        )}
      </details>
    </article>
  );
}
