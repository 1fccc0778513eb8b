import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { Frame, Lead } from "@/components/frame";
import { Fold } from "@/components/ui/fold";
import { caller, siteConfig } from "@/trpc/server";
import { MessageHtml, MessageText } from "../message";
import styles from "./messages.module.css";

export const metadata: Metadata = { title: "Messages" };

/** Every message the app can send, with made-up codes and links. */
export default async function MessagesPage() {
  const { appName, inbox } = siteConfig();
  if (!inbox) notFound();
  const api = await caller();
  const previews = await api.inbox.previews();
  return (
    <Frame appName={appName} width="reading" aside={<Link href="/dev/inbox">Inbox</Link>}>
      <Lead title="Messages">Every message there is, with made-up codes and links. Nothing here was sent.</Lead>
      {previews.map(({ name, mail, sms }) => (
        <article key={name} className={styles.message} aria-label={name}>
          <h2 className={styles.name}>{name}</h2>
          <p className={styles.about}>Subject: {mail.subject}</p>
          <Fold title="As HTML">
            <MessageHtml title={name} html={mail.html} />
          </Fold>
          <Fold title="As text">
            <MessageText text={mail.text} />
          </Fold>
          {sms ? (
            <Fold title={`As SMS, ${sms.septets} of 160 septets`}>
              <MessageText text={sms.text} />
            </Fold>
          ) : null}
        </article>
      ))}
    </Frame>
  );
}
