import { Field } from "./ui/field";
import { words } from "./words";

type Props = {
  defaultValue?: string | undefined;
  /** Whether phone numbers are taken too. */
  sms: boolean;
  /** Whether text messages pause for now. */
  smsPaused: boolean;
  /** What to do meanwhile. */
  pausedWords?: string;
  fault: string | undefined;
};

/** An email or a phone number; a password manager knows it as the username. */
export function IdentifierField({ defaultValue, sms, smsPaused, pausedWords = words.smsPaused, fault }: Props) {
  const hint = sms ? (smsPaused ? pausedWords : undefined) : "Only email addresses for now.";
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
      {...(hint && { hint })}
      fault={fault}
    />
  );
}
