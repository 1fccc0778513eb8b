import type { ReactNode } from "react";
import { LocalTime } from "@/components/local-time";
import { nameIn } from "@/components/names";
import { purposeName } from "@/components/purposes";
import type { AdminOutput } from "../../questions";
import { ROLES } from "../filter";
import styles from "../users.module.css";

type Props = Pick<AdminOutput["users"]["get"], "account" | "latestCode">;

/** An account's facts and its latest code. */
export function Facts({ account, latestCode }: Props) {
  const { email, phone, emailVerified, phoneVerified, isActive, isProfileComplete, lockedUntil, codesClosedUntil } =
    account;
  return (
    <dl className={styles.facts}>
      <Fact title="Email">
        {email ? (
          <>
            <span className={styles.mono}>{email}</span> {proven(emailVerified)}
          </>
        ) : (
          "None"
        )}
      </Fact>
      <Fact title="Phone number">
        {phone ? (
          <>
            <span className={styles.mono}>{phone}</span> {proven(phoneVerified)}
          </>
        ) : (
          "None"
        )}
      </Fact>
      <Fact title="State">
        {!isActive ? (
          <span className={styles.bad}>Deactivated: signs in nowhere</span>
        ) : !emailVerified && !phoneVerified ? (
          "Not verified: no address is verified yet"
        ) : isProfileComplete ? (
          "Active"
        ) : (
          "Profile incomplete: must be completed at the next sign-in"
        )}
      </Fact>
      <Fact title="Lock">
        {lockedUntil ? (
          <span className={styles.bad}>
            Locked until <LocalTime iso={lockedUntil} />
          </span>
        ) : (
          "Not locked"
        )}
      </Fact>
      {codesClosedUntil ? (
        <Fact title="Codes">
          <span className={styles.bad}>
            Closed to unknown devices until <LocalTime iso={codesClosedUntil} to="minute" />
          </span>
        </Fact>
      ) : null}
      <Fact title="Role">{nameIn(ROLES, account.role) ?? account.role}</Fact>
      <Fact title="Password">{account.hasPassword ? "Set" : "None: signs in by code"}</Fact>
      <Fact title="Last sign-in">
        {account.lastLoginAt ? <LocalTime iso={account.lastLoginAt} to="minute" /> : "Never"}
      </Fact>
      <Fact title="Username and full name">
        {[account.username, account.fullName].filter(Boolean).join(", ") || "None"}
      </Fact>
      {account.invitedAt ? (
        <Fact title="Invited">
          <LocalTime iso={account.invitedAt} to="minute" />
        </Fact>
      ) : null}
      <Fact title="Latest code">
        {latestCode ? (
          <>
            {purposeName(latestCode.purpose)}, <LocalTime iso={latestCode.createdAt} />:{" "}
            {latestCode.isVerified ? "verified" : "not verified"}
          </>
        ) : (
          "None yet"
        )}
      </Fact>
    </dl>
  );
}

const proven = (is: boolean) =>
  is ? <span className={styles.good}>verified</span> : <span className={styles.bad}>not verified</span>;

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
