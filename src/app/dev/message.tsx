import { type ReactNode, useId } from "react";
import { LinkedText } from "@/components/linked-text";
import { Fold } from "@/components/ui/fold";
import styles from "./message.module.css";

type Props = {
  title: string;
  /** A line about it: to whom, when. */
  envelope: ReactNode;
  text: string;
  html: string | null;
  /** What comes after it. */
  children?: ReactNode;
};

/** One message as its recipient would have it. */
export function Message({ title, envelope, text, html, children }: Props) {
  const id = useId();
  return (
    <article className={styles.message} aria-labelledby={id}>
      <h2 id={id} className={styles.subject}>
        {title}
      </h2>
      <p className={styles.envelope}>{envelope}</p>
      <MessageText text={text} />
      {html ? (
        <Fold title="As HTML">
          <MessageHtml title={title} html={html} />
        </Fold>
      ) : null}
      {children}
    </article>
  );
}

/** A mail as it looks. It has no permission at all: it runs nothing here and leads nowhere. */
export function MessageHtml({ title, html }: { title: string; html: string }) {
  return <iframe sandbox="" loading="lazy" srcDoc={html} title={`${title}, as HTML`} className={styles.html} />;
}

/** Plain text as it stands, its links to follow. */
export function MessageText({ text }: { text: string }) {
  return (
    <pre className={styles.text}>
      <LinkedText text={text} />
    </pre>
  );
}
