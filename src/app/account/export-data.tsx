import { useMutation } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { saveFile } from "@/components/save-file";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { useOneAtATime } from "@/components/ui/use-one-at-a-time";
import { sentence } from "@/components/words";
import { useTRPCClient } from "@/trpc/client";
import { problemOf } from "@/trpc/problem";
import type { Me } from "./me";
import { Row, StatusLine } from "./section";
import styles from "./section.module.css";
import { errorToShow, useChange } from "./use-change";

const FILE = "latchkey-account.json";

/** Saves all of the account's data as a file. The data is read on request and kept nowhere else. */
export function ExportData({ me }: { me: Me }) {
  const client = useTRPCClient();
  const change = useChange(me, "export");
  const exported = useMutation({
    mutationFn: () => client.account.export.query(),
    onSuccess: (data) => {
      saveFile(FILE, "application/json", JSON.stringify(data, null, 2));
      change.say(`Saved as ${FILE}.`);
    },
    onError: (error) => change.refused(error),
  });
  const press = useOneAtATime(() => {
    change.say("");
    return exported.mutateAsync();
  });
  const error = errorToShow(exported.error);

  // A page must not start a download by itself, so after `/step-up` the person presses again.
  const welcome = useEffectEvent(() => {
    if (me.missingProofs.length > 0) return;
    change.say("Confirmed. Press Download.");
    change.opener.current?.focus();
  });
  useEffect(() => {
    if (window.location.hash === "#export") welcome();
  }, []);

  return (
    <div id="export" className={styles.part}>
      <Row
        button={
          <Button ref={change.opener} look="small" busy={exported.isPending} onClick={press}>
            Download
          </Button>
        }
      >
        <p>Export</p>
        <p className={styles.note}>
          Your profile, sessions, codes and events as one JSON file. Passwords and codes themselves are not in it: they
          are kept only as digests.
        </p>
      </Row>
      <FaultLine>{error ? sentence(problemOf(error)) : undefined}</FaultLine>
      <StatusLine>{change.said}</StatusLine>
    </div>
  );
}
