import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { useTRPC } from "@/trpc/client";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { Actions } from "./actions";
import type { Me } from "./me";
import { Row } from "./section";
import styles from "./section.module.css";
import { errorToShow, useChange } from "./use-change";

/** Deletes the account. It says what goes and what stays, and asks for a typed word so that no slip does it. */
export function DeleteAccount({ me }: { me: Me }) {
  const change = useChange(me, "delete");
  return (
    <div id="delete" className={styles.part}>
      {change.isOpen ? (
        <DeleteForm change={change} />
      ) : (
        <Row
          button={
            <Button ref={change.opener} look="small" onClick={change.open}>
              Delete<span className="visually-hidden"> account</span>
            </Button>
          }
        >
          <p>Delete account</p>
          <p className={styles.note}>Permanent. This can’t be undone.</p>
        </Row>
      )}
    </div>
  );
}

const fields = ["confirm"];

function DeleteForm({ change }: { change: ReturnType<typeof useChange> }) {
  const router = useRouter();
  const trpc = useTRPC();
  const remove = useMutation(
    trpc.account.delete.mutationOptions({
      onSuccess: () => {
        router.push("/?account=deleted");
        router.refresh();
      },
      onError: (error) => change.refused(error),
    }),
  );
  const [faults, setFound] = useFaults(errorToShow(remove.error), fields);

  function send(data: FormData) {
    const isMeant = textOf(data, "confirm").trim().toLowerCase() === "delete";
    setFound(isMeant ? null : { fields: { confirm: "Type the word delete." } });
    return isMeant ? remove.mutateAsync({ confirm: "delete" }) : undefined;
  }

  return (
    <>
      <div className={styles.words}>
        <p>This deletes your account now, and nobody can bring it back.</p>
        <p>
          <strong>What goes:</strong> your profile, password, addresses, sessions and devices, the messages we sent you,
          and your name on every code you asked for.
        </p>
        <p>
          <strong>What stays:</strong> anonymous totals (how many codes were asked for on a day), and a log of security
          events without names or addresses.
        </p>
      </div>
      <Form send={send} faults={faults}>
        <Field
          label="Type the word delete"
          name="confirm"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          fault={faults.fields.confirm}
        />
        <Actions
          busy={remove.isPending || remove.isSuccess}
          busyLabel="Deleting…"
          onCancel={() => change.close()}
          fault={faults.whole}
        >
          Delete my account
        </Actions>
      </Form>
    </>
  );
}
