"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { emptyFields } from "@/components/faults";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { Field } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { PasswordField } from "@/components/ui/password-field";
import { words } from "@/components/words";
import { useTRPC } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import { optionalOf, textOf } from "../../_form/form-data";
import { useFaults } from "../../_form/use-faults";
import { useRefreshOnReturn } from "../../_page/use-refresh-on-return";
import { useEnter } from "../../_session/use-enter";
import { MoreAboutYou, moreFields } from "./more-about-you";

type Props = {
  accountId: string;
  /** What the person will sign in with. */
  address: string;
  name: string;
  needsPassword: boolean;
  passwordMinLength: number;
};

const fields = ["name", "password", ...moreFields];

/** Asks for a name and a password, and completes the account. */
export function ProfileForm({ accountId, address, name, needsPassword, passwordMinLength }: Props) {
  useRefreshOnReturn();
  const router = useRouter();
  const enter = useEnter();
  const trpc = useTRPC();
  const complete = useMutation(
    trpc.signUp.completeProfile.mutationOptions({
      onSuccess: ({ next }) => enter(next),
      // Another tab has signed in to another account, or completed this one.
      onError: (error) => isForbidden(error) && router.refresh(),
    }),
  );
  const [faults, setFound] = useFaults(complete.error, fields);
  const [meant, setMeant] = useState(accountId);
  const isAnother = accountId !== meant || isForbidden(complete.error);

  function send(data: FormData) {
    const profile = profileOf(data);
    const missing = emptyFields({
      name: [profile.name, words.nameMissing],
      ...(needsPassword && { password: [profile.password ?? "", words.newPasswordMissing] }),
    });
    setFound(missing);
    setMeant(accountId);
    if (missing) return;
    return complete.mutateAsync({ ...profile, accountId });
  }

  return (
    <Form send={send} faults={faults}>
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        autoFocus
        defaultValue={name}
        required
        fault={faults.fields.name}
      />
      {needsPassword ? (
        <>
          {/* Tells password managers which account the password is for. */}
          <input hidden readOnly name="identifier" autoComplete="username" value={address} />
          <PasswordField
            label="Password"
            name="password"
            autoComplete="new-password"
            required
            hint={words.passwordHint(passwordMinLength)}
            fault={faults.fields.password}
          />
        </>
      ) : null}
      <MoreAboutYou faults={faults} />
      <div>
        <Button type="submit" busy={complete.isPending || complete.isSuccess} busyLabel="Creating…">
          Create account
        </Button>
        <FaultLine>{isAnother ? words.otherAccount : faults.whole}</FaultLine>
      </div>
    </Form>
  );
}

function isForbidden(error: unknown): boolean {
  return error !== null && problemOf(error).reason === "FORBIDDEN";
}

function profileOf(data: FormData) {
  return {
    name: textOf(data, "name").trim(),
    password: textOf(data, "password") || undefined,
    username: optionalOf(data, "username"),
    fullName: optionalOf(data, "fullName"),
    country: optionalOf(data, "country"),
    state: optionalOf(data, "state"),
    zip: optionalOf(data, "zip"),
    dob: optionalOf(data, "dob"),
  };
}
