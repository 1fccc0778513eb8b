import { useId } from "react";
import { LinkedText } from "@/components/linked-text";
import { Fold } from "@/components/ui/fold";
import styles from "./message.module.css";

type Props = {
  id: string;
  channel: "email" | "sms";
  to: string;
  subject: string | null;
  text: string;
  html: string | null;
  createdAt: string;
};

/** One message as its recipient would have it. */
export function Message({ channel, to, subject, text, html, createdAt }: Props) {
  const id = useId();
  const title = subject || "Text message";
  return (
    <article className={styles.message} aria-labelledby={id}>
      <h2 id={id} className={styles.subject}>
        {title}
      </h2>
      <p className={styles.envelope}>
        {channel === "sms" ? "SMS" : "Email"} to {to}, <time dateTime={createdAt}>{time(createdAt)}</time>
      </p>
      <pre className={styles.text}>
        <LinkedText text={text} />
      </pre>
      {html ? (
        <Fold title="As HTML">
          {/* No permission at all: a message runs nothing here and leads nowhere. */}
          <iframe sandbox="" loading="lazy" srcDoc={html} title={`${title}, as HTML`} className={styles.html} />
        </Fold>
      ) : null}
    </article>
  );
}

function time(date: string): string {
  return `${new Date(date).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
