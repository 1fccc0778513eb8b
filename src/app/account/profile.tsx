import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { longDay } from "./long-day";
import type { Me } from "./me";
import styles from "./profile.module.css";
import { ProfileForm } from "./profile-form";
import { Row, Section, StatusLine } from "./section";
import { useInlineForm } from "./use-inline-form";

/** The profile. Empty fields are not shown. */
export function Profile({ me }: { me: Me }) {
  const { isOpen, open, close, opener, said } = useInlineForm();

  return (
    <Section id="profile" title="Profile">
      {isOpen ? (
        <ProfileForm me={me} onCancel={() => close()} onSaved={() => close("Your profile is saved.")} />
      ) : (
        <Row
          button={
            <Button ref={opener} look="small" onClick={open}>
              Edit<span className="visually-hidden"> profile</span>
            </Button>
          }
        >
          <dl className={styles.profile}>
            <Entry term="Name">{me.name}</Entry>
            <Entry term="Username">{me.username}</Entry>
            <Entry term="Full name">{me.fullName}</Entry>
            <Entry term="Country">{me.country}</Entry>
            <Entry term="State">{me.state}</Entry>
            <Entry term="Zip">{me.zip}</Entry>
            <Entry term="Date of birth">{me.dob && <time dateTime={me.dob}>{longDay(me.dob)}</time>}</Entry>
          </dl>
        </Row>
      )}
      <StatusLine>{said}</StatusLine>
    </Section>
  );
}

function Entry({ term, children }: { term: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <div className={styles.entry}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
