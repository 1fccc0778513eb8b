import { LinkedText } from "@/components/linked-text";
import styles from "./message.module.css";

/** A mail as it looks. The sandbox allows no scripts and no navigation. */
export function MessageHtml({ title, html }: { title: string; html: string }) {
  return (
    <iframe
      sandbox=""
      loading="lazy"
      srcDoc={html}
      title={`${title}, as HTML`}
      // Hidden from screen readers, because the same words are on the page as text.
      aria-hidden="true"
      tabIndex={-1}
      className={styles.html}
    />
  );
}

/** Plain text with links that can be followed. */
export function MessageText({ text }: { text: string }) {
  return (
    <pre className={styles.text}>
      <LinkedText text={text} />
    </pre>
  );
}
