import type { Faults } from "@/components/faults";
import { Field } from "@/components/ui/field";
import { Fold } from "@/components/ui/fold";
import styles from "./more-about-you.module.css";

/** The optional fields of a profile. */
// Not autocomplete="username": password managers would save it, but sign-in takes the address. The first field is "name".
export const moreAboutYou = [
  { name: "username", label: "Username", autoComplete: "nickname" },
  { name: "fullName", label: "Full name" },
  { name: "country", label: "Country", autoComplete: "country-name" },
  { name: "state", label: "State", autoComplete: "address-level1" },
  { name: "zip", label: "Zip", autoComplete: "postal-code" },
  { name: "dob", label: "Date of birth", autoComplete: "bday", type: "date" },
] as const;

export const moreFields = moreAboutYou.map(({ name }) => name);

/** The optional fields, folded. */
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
