import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { emptyFields } from "@/components/faults";
import { Button } from "@/components/ui/button";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { pathTo } from "../_page/paths";
import { Actions } from "./actions";
import type { Me } from "./me";
import { Row, Section, StatusLine } from "./section";
import styles from "./section.module.css";
import { errorToShow, useChange } from "./use-change";

type Props = { me: Me; minLength: number };

/** Changes the password, or sets a first one. */
export function Password({ me, minLength }: Props) {
  const change = useChange(me, "password");
  const label = me.hasPassword ? "Change password" : "Set a password";
  return (
    <Section id="password" title="Password">
      {change.isOpen ? (
        <PasswordForm me={me} minLength={minLength} change={change} label={label} />
      ) : (
        <Row
          button={
            <Button ref={change.opener} look="small" onClick={change.open}>
              {label}
            </Button>
          }
        >
          {me.hasPassword ? "Set" : <span className={styles.none}>None yet: you sign in with codes.</span>}
        </Row>
      )}
      <StatusLine>{change.said}</StatusLine>
    </Section>
  );
}

const fields = ["currentPassword", "password"];

type FormProps = Props & { change: ReturnType<typeof useChange>; label: string };

function PasswordForm({ me, minLength, change, label }: FormProps) {
  const trpc = useTRPC();
  const save = useMutation(
    trpc.account.changePassword.mutationOptions({
      onSuccess: () => {
        change.changed();
        change.close(me.hasPassword ? "Your password is changed." : "Your password is set.");
      },
      // A typed password is never kept: it is typed again.
      onError: (error) => change.refused(error),
    }),
  );
  const [faults, setFound] = useFaults(errorToShow(save.error), fields);

  function send(data: FormData) {
    const [currentPassword, newPassword] = [textOf(data, "currentPassword"), textOf(data, "password")];
    const missing = emptyFields({
      ...(me.hasPassword && { currentPassword: [currentPassword, words.passwordMissing] }),
      password: [newPassword, words.newPasswordMissing],
    });
    setFound(missing);
    if (missing) return;
    return save.mutateAsync({ newPassword, ...(me.hasPassword && { currentPassword }) });
  }

  return (
    <Form send={send} faults={faults}>
      {/* Tells password managers whose password it is. */}
      <input hidden readOnly name="identifier" autoComplete="username" value={me.email ?? me.phoneNumber ?? ""} />
      {me.hasPassword ? (
        <div>
          <PasswordField
            label="Current password"
            name="currentPassword"
            autoComplete="current-password"
            autoFocus
            required
            fault={faults.fields.currentPassword}
          />
          <p className={styles.aside}>
            <Link href={pathTo("/forgot-password", me)}>Forgot it?</Link>
          </p>
        </div>
      ) : null}
      <PasswordField
        label="New password"
        name="password"
        autoComplete="new-password"
        autoFocus={!me.hasPassword}
        required
        hint={`${words.passwordHint(minLength)} You stay signed in here, and are signed out everywhere else.`}
        fault={faults.fields.password}
      />
      <Actions busy={save.isPending} busyLabel="Saving…" onCancel={() => change.close()} fault={faults.whole}>
        {label}
      </Actions>
    </Form>
  );
}
