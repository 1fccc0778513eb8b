import { Field } from "./ui/field";

type Props = {
  defaultValue?: string | undefined;
  /** Whether phone numbers are taken too. */
  sms: boolean;
  fault: string | undefined;
};

/** An email or a phone number; a password manager knows it as the username. */
export function IdentifierField({ defaultValue, sms, fault }: Props) {
  return (
    <Field
      label="Email or phone number"
      name="identifier"
      inputMode="email"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      autoFocus
      required
      defaultValue={defaultValue}
      {...(!sms && { hint: "Only email addresses for now." })}
      fault={fault}
    />
  );
}
