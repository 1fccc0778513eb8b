import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/components/ui/button";
import { words } from "@/components/words";
import type { Channel } from "@/db/channel";
import { useTRPC } from "@/trpc/client";
import { AddressCode } from "./address-code";
import { AddressForm } from "./address-form";
import { dropCancelled, isCancelled, keepCancelled } from "./cancelled";
import type { Me } from "./me";
import { Row, Section, StatusLine } from "./section";
import styles from "./section.module.css";
import { useChange } from "./use-change";

type Props = { channel: Channel; me: Me; changeable: boolean; supportEmail: string | null; inbox: boolean };

/** An address of the account. The section takes a new one and the code that proves it. */
export function Address({ channel, me, changeable, supportEmail, inbox }: Props) {
  const { part, title, none, purpose, done } = texts[channel];
  const trpc = useTRPC();
  const change = useChange(me, part);
  const { data: challenge } = useQuery(trpc.challenge.current.queryOptions({ purpose }));
  // After a reload the page still waits for an open code.
  const [isAsked, setAsked] = useState((challenge?.receipt.expiresInSeconds ?? 0) > 0);
  const [refusedAs, setRefused] = useState<unknown>(null);

  const about = { account: me.id, purpose, identifier: challenge?.identifier ?? "" };
  // But not for the code of a cancelled change. Only this tab knows of that.
  const leaveAgain = useEffectEvent(() => {
    if (isCancelled(about)) setAsked(false);
  });
  useEffect(() => leaveAgain(), []);

  const current = channel === "email" ? me.email : me.phoneNumber;
  const isProven = channel === "email" ? me.emailVerified : me.phoneVerified;

  function leave(said?: string) {
    setRefused(null);
    flushSync(() => setAsked(false));
    change.close(said);
  }

  function cancel() {
    if (challenge) keepCancelled(about);
    leave();
  }

  return (
    <Section id={part} title={title}>
      {changeable && isAsked && challenge ? (
        <AddressCode
          channel={channel}
          challenge={challenge}
          current={current}
          supportEmail={supportEmail}
          inbox={inbox}
          change={change}
          onOther={() => {
            setAsked(false);
            change.open();
          }}
          onTaken={(error) => {
            setRefused(error);
            setAsked(false);
            change.open();
          }}
          onCancel={cancel}
          onDone={() => leave(current ? done.changed : done.added)}
        />
      ) : changeable && change.isOpen ? (
        <AddressForm
          channel={channel}
          current={current}
          change={change}
          waiting={challenge?.identifier}
          refusedAs={refusedAs}
          onAsked={() => {
            dropCancelled(purpose);
            setRefused(null);
            setAsked(true);
          }}
          onCancel={cancel}
        />
      ) : (
        <Row
          button={
            changeable ? (
              <Button ref={change.opener} look="small" onClick={change.open}>
                {current ? "Change" : "Add"}
                <span className="visually-hidden"> {title.toLowerCase()}</span>
              </Button>
            ) : null
          }
        >
          {current ? (
            <span className={styles.address}>
              <span className={channel === "sms" ? styles.number : undefined}>{current}</span>{" "}
              {isProven ? (
                <span className={styles.proven}>Verified</span>
              ) : (
                <span className={styles.note}>Not verified</span>
              )}
            </span>
          ) : (
            <span className={styles.none}>{none}</span>
          )}
        </Row>
      )}
      {channel === "sms" ? <p className={styles.note}>{words.smsRisk}</p> : null}
      <StatusLine>{change.said}</StatusLine>
    </Section>
  );
}

const texts = {
  email: {
    part: "email",
    title: "Email",
    none: "None yet: you sign in with your phone number.",
    purpose: "email-change",
    done: {
      added: "Your email is set, and you are signed out everywhere else.",
      changed: "Your email is changed, and you are signed out everywhere else.",
    },
  },
  sms: {
    part: "phone",
    title: "Phone number",
    none: "None yet. With one, you can sign in by text message, too.",
    purpose: "phone-change",
    done: {
      added: "Your phone number is set, and you are signed out everywhere else.",
      changed: "Your phone number is changed, and you are signed out everywhere else.",
    },
  },
} as const;
