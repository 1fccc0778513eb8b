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
  /** Whether it came as a text message, which some browsers can fill in. */
  sms: boolean;
  send: (code: string) => Promise<unknown>;
  busy: boolean;
  faults: Faults;
  /** The fault of the whole form. */
  whole: ReactNode;
  /** Shown instead of a fault when the code has no tries left. */
  known?: ReactNode;
  setFound: (found: Faults) => void;
};

/** Takes a code, and sends only a complete one, so that a typing slip costs no try. */
export function CodeForm({ length, sms, send, busy, faults, whole, known, setFound }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const sent = useRef(false);
  // The code is filled in, not sent: the person decides to send it.
  const fill = useCallback((code: string) => {
    if (field.current) field.current.value = code;
  }, []);
  useWebOtp(sms && !busy, fill);

  function check() {
    const input = field.current;
    // Dropped or filled-in text is cleaned like pasted text.
    const code = codeIn(input?.value ?? "", length) ?? "";
    if (input && code) input.value = code;
    sent.current = code.length === length;
    return sent.current ? send(code) : setFound({ fields: { code: words.codeIncomplete(length) } });
  }

  useEffect(() => {
    // A refused code is useless. An incomplete one may lack only a digit, so it stays.
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
