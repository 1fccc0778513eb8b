import type { Faults } from "@/components/faults";
import { Field } from "@/components/ui/field";
import { Fold } from "@/components/ui/fold";
import styles from "./more-about-you.module.css";

/** The fields of a profile that may be left out. */
// "username" would tell a password manager to keep this one; signing in takes the address. "name" is the first field's.
export const moreAboutYou = [
  { name: "username", label: "Username", autoComplete: "nickname" },
  { name: "fullName", label: "Full name" },
  { name: "country", label: "Country", autoComplete: "country-name" },
  { name: "state", label: "State", autoComplete: "address-level1" },
  { name: "zip", label: "Zip", autoComplete: "postal-code" },
  { name: "dob", label: "Date of birth", autoComplete: "bday", type: "date" },
] as const;

export const moreFields = moreAboutYou.map(({ name }) => name);

/** What one may say of oneself and need not. */
export function MoreAboutYou({ faults }: { faults: Faults }) {
  return (
    <Fold title="More about you">
      <div className={styles.fields}>
        {moreAboutYou.map((field) => (
          <Field key={field.name} {...field} fault={faults.fields[field.name]} />
        ))}
      </div>
    </Fold>
  );
}
