import { useMutation } from "@tanstack/react-query";
import { emptyFields } from "@/components/faults";
import { Refusal } from "@/components/refusal";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import type { AccountAddress } from "../_code/account-address";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { useRefusal } from "../_form/use-refusal";

const fields = ["password"];

/** Asks for the signed-in person's password. */
export function PasswordProof({ own, onProven }: { own: AccountAddress; onProven: () => void }) {
  const trpc = useTRPC();
  const signIn = useMutation(trpc.signIn.password.mutationOptions({ onSuccess: onProven }));
  const [faults, setFound] = useFaults(signIn.error, fields);
  const refusal = useRefusal(signIn.error);

  function send(data: FormData) {
    const password = textOf(data, "password");
    const missing = emptyFields({ password: [password, words.passwordMissing] });
    setFound(missing);
    if (missing) return;
    return signIn.mutateAsync({ ...own, password });
  }

  return (
    <Form send={send} faults={faults}>
      {/* Tells password managers whose password it is. */}
      <input hidden readOnly name="identifier" autoComplete="username" value={own.identifier} />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        autoFocus
        required
        fault={faults.fields.password}
      />
      <div>
        <Button type="submit" busy={signIn.isPending || signIn.isSuccess} busyLabel="Checking…">
          Continue
        </Button>
        <FaultLine>{faults.whole && refusal ? <Refusal {...refusal} /> : undefined}</FaultLine>
      </div>
    </Form>
  );
}
