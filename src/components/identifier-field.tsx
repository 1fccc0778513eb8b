import { Field } from "./ui/field";
import { words } from "./words";

type Props = {
  defaultValue?: string | undefined;
  /** Whether phone numbers are accepted, too. */
  sms: boolean;
  /** Whether text messages are paused. */
  smsPaused: boolean;
  /** What to do during the pause. */
  pausedWords?: string;
  fault: string | undefined;
};

/** An email or a phone number. Password managers know it as the username. */
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
