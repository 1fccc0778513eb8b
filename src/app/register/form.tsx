"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { emptyFields } from "@/components/faults";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Field } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { optionalOf, textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";

const fields = ["email", "password", "name"];

/** Takes an address, a password and a name. The account is created when the address is proven. */
export function RegisterForm({ passwordMinLength }: { passwordMinLength: number }) {
  const router = useRouter();
  const trpc = useTRPC();
  const register = useMutation(
    trpc.signUp.register.mutationOptions({ onSuccess: () => router.push("/register/verify") }),
  );
  const refusal = useRefusal(register.error);
  const [faults, setFound] = useFaults(register.error, fields);

  function send(data: FormData) {
    const email = textOf(data, "email").trim();
    const password = textOf(data, "password");
    const missing = emptyFields({
      email: [email, words.emailMissing],
      password: [password, words.newPasswordMissing],
    });
    setFound(missing);
    if (missing) return;
    return register.mutateAsync({ email, password, name: optionalOf(data, "name") });
  }

  return (
    <Form send={send} faults={faults}>
      <Field
        label="Email"
        name="email"
        type="email"
        inputMode="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        fault={faults.fields.email}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        required
        hint={words.passwordHint(passwordMinLength)}
        fault={faults.fields.password}
      />
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        hint="Optional: without one, we ask for it later."
        fault={faults.fields.name}
      />
      <div>
        <Button type="submit" busy={register.isPending || register.isSuccess} busyLabel="Creating…">
          Create account
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
      </div>
    </Form>
  );
}
