import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { emptyFields } from "@/components/faults";
import { Field } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { textOf } from "../_form/form-data";
import { useFaults } from "../_form/use-faults";
import { moreAboutYou } from "../signup/profile/more-about-you";
import { Actions } from "./actions";
import type { Me } from "./me";
import styles from "./profile.module.css";

const fields = ["name", ...moreAboutYou.map(({ name }) => name)];

type Props = { me: Me; onCancel: () => void; onSaved: () => void };

/** Changes the profile. An emptied field is deleted. */
export function ProfileForm({ me, onCancel, onSaved }: Props) {
  const router = useRouter();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const update = useMutation(
    trpc.account.updateProfile.mutationOptions({
      onSuccess: (now) => {
        queries.setQueryData(trpc.account.me.queryKey(), now);
        onSaved();
      },
      onError: (error) => problemOf(error).reason === "UNAUTHORIZED" && router.refresh(),
    }),
  );
  const [faults, setFound] = useFaults(update.error, fields);

  function send(data: FormData) {
    const name = textOf(data, "name").trim();
    const missing = emptyFields({ name: [name, words.nameMissing] });
    setFound(missing);
    if (missing) return;
    return update.mutateAsync({
      name,
      username: textOf(data, "username"),
      fullName: textOf(data, "fullName"),
      country: textOf(data, "country"),
      state: textOf(data, "state"),
      zip: textOf(data, "zip"),
      dob: textOf(data, "dob"),
    });
  }

  return (
    <Form send={send} faults={faults}>
      <div className={styles.fields}>
        <div data-wide>
          <Field
            label="Name"
            name="name"
            autoComplete="name"
            autoFocus
            required
            defaultValue={me.name ?? ""}
            fault={faults.fields.name}
          />
        </div>
        {moreAboutYou.map((field) => (
          <Field key={field.name} {...field} defaultValue={me[field.name] ?? ""} fault={faults.fields[field.name]} />
        ))}
      </div>
      <Actions busy={update.isPending} busyLabel="Saving…" onCancel={onCancel} fault={faults.whole}>
        Save
      </Actions>
    </Form>
  );
}
