import { LinkedText } from "@/components/linked-text";
import styles from "./message.module.css";

/** A mail as it looks. It has no permission at all: it runs nothing here and leads nowhere. */
export function MessageHtml({ title, html }: { title: string; html: string }) {
  return (
    <iframe
      sandbox=""
      loading="lazy"
      srcDoc={html}
      title={`${title}, as HTML`}
      // A picture for the eye: its words are there as text as well, for everyone.
      aria-hidden="true"
      tabIndex={-1}
      className={styles.html}
    />
  );
}

/** Plain text as it stands, its links to follow. */
export function MessageText({ text }: { text: string }) {
  return (
    <pre className={styles.text}>
      <LinkedText text={text} />
    </pre>
  );
}
