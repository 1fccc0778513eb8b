"use client";

import { type ReactNode, useCallback, useEffect, useRef } from "react";
import { codeIn } from "./code";
import { CodeField } from "./code-field";
import type { Faults } from "./faults";
import { Button } from "./ui/button";
import { FaultLine } from "./ui/fault-line";
import { Form } from "./ui/form";
import { useWebOtp } from "./use-web-otp";
import { words } from "./words";

type Props = {
  length: number;
  /** Whether it came as a text message, which some browsers can read out for us. */
  sms: boolean;
  send: (code: string) => Promise<unknown>;
  busy: boolean;
  faults: Faults;
  /** What is wrong with none of the fields. */
  whole: ReactNode;
  /** What is known of the code, whatever was tried: that it is used up, and when there can be another. */
  known?: ReactNode;
  setFound: (found: Faults) => void;
};

/** Takes a code and lets only a whole one through: a slip of the finger costs no try. */
export function CodeForm({ length, sms, send, busy, faults, whole, known, setFound }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const sent = useRef(false);
  // Filled in, not sent: what is sent is for its reader to decide.
  const fill = useCallback((code: string) => {
    if (field.current) field.current.value = code;
  }, []);
  useWebOtp(sms && !busy, fill);

  function check() {
    const input = field.current;
    // What was dropped or filled in is as good as what was pasted.
    const code = codeIn(input?.value ?? "", length) ?? "";
    if (input && code) input.value = code;
    sent.current = code.length === length;
    return sent.current ? send(code) : setFound({ fields: { code: words.codeIncomplete(length) } });
  }

  useEffect(() => {
    // A code that was refused is of no use; one that is not whole may be a digit short.
    if (faults.fields.code && sent.current && field.current) field.current.value = "";
  }, [faults]);

  return (
    <Form send={check} faults={faults}>
      <CodeField ref={field} length={length} fault={known ?? faults.fields.code} />
      <div>
        <Button type="submit" busy={busy} busyLabel="Verifying…">
          Verify
        </Button>
        <FaultLine>{whole}</FaultLine>
      </div>
    </Form>
  );
}
