import { Field } from "./ui/field";

/** An email or a phone number; a password manager knows it as the username. */
export function IdentifierField({ fault }: { fault: string | undefined }) {
  return (
    <Field
      label="Email or phone number"
      name="identifier"
      inputMode="email"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      required
      fault={fault}
    />
  );
}
