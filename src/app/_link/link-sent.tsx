import Link from "next/link";
import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { useTitle } from "@/components/use-title";
import { words } from "@/components/words";
import styles from "./link-sent.module.css";

type Props = {
  to: string;
  inbox: boolean;
  /** Whether this is the whole page. Otherwise it stands below the page's heading. */
  isPage?: boolean;
  onOther: () => void;
  children: ReactNode;
};

const TITLE = "Look in your mail";

/** What to do after a link was asked for. It says the same whether or not one was sent. */
export function LinkSent({ to, inbox, isPage = false, onOther, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The focused form is gone, so the focus goes to the new heading.
  useEffect(() => heading.current?.focus(), []);
  useTitle(isPage ? TITLE : null);
  const Heading = isPage ? "h1" : "h2";
  return (
    <section className={styles.sent}>
      <Heading ref={heading} tabIndex={-1} className={styles.heading}>
        {TITLE}
      </Heading>
      <p>
        <strong>{to}</strong>
      </p>
      <p>{children}</p>
      <p className={styles.aside}>
        Nothing there? Look in the spam folder, and check the address. {words.mailboxMostLinks}
        {inbox ? (
          <>
            {" "}
            This is a local trial: it is in <Link href="/dev/inbox">the inbox</Link>.
          </>
        ) : null}
      </p>
      <Button look="plain" onClick={onOther}>
        Ask again, or use a different address
      </Button>
    </section>
  );
}
