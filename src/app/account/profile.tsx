import type { ReactNode } from "react";
import styles from "./profile.module.css";

type Props = {
  sNo: number;
  accountType: "live" | "demo";
  email: string | null;
  emailVerified: boolean;
  phoneNumber: string | null;
  phoneVerified: boolean;
  name: string | null;
  username: string | null;
  fullName: string | null;
  country: string | null;
  state: string | null;
  zip: string | null;
  dob: string | null;
  createdAt: string;
};

/** What the account says of its owner; what was left out is left out here. */
export function Profile(me: Props) {
  const created = day(me.createdAt);
  return (
    <dl className={styles.profile}>
      <Entry term="Email">{me.email && <Address text={me.email} proven={me.emailVerified} />}</Entry>
      <Entry term="Phone">{me.phoneNumber && <Address text={me.phoneNumber} proven={me.phoneVerified} />}</Entry>
      <Entry term="Name">{me.name}</Entry>
      <Entry term="Full name">{me.fullName}</Entry>
      <Entry term="Username">{me.username}</Entry>
      <Entry term="Country">{me.country}</Entry>
      <Entry term="State">{me.state}</Entry>
      <Entry term="Zip">{me.zip}</Entry>
      <Entry term="Date of birth">{me.dob && <time dateTime={me.dob}>{day(me.dob)}</time>}</Entry>
      <Entry term="Account type">{me.accountType === "demo" ? "Demo" : "Live"}</Entry>
      <Entry term="Number">
        <span className={styles.number}>#{me.sNo}</span>
      </Entry>
      <Entry term="Since">
        <time dateTime={me.createdAt}>{created}</time>
      </Entry>
    </dl>
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

function Address({ text, proven }: { text: string; proven: boolean }) {
  return (
    <span className={styles.address}>
      <span>{text}</span>{" "}
      {proven ? <span className={styles.proven}>Proven</span> : <span className={styles.aside}>Not proven</span>}
    </span>
  );
}

function day(date: string): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "long", timeZone: "UTC" }).format(new Date(date));
}
