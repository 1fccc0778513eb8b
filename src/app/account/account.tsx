"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Lead } from "@/components/frame";
import type { AccountType } from "@/db/owner";
import { useTRPC } from "@/trpc/client";
import { useRefreshOnReturn } from "../_page/use-refresh-on-return";
import { Address } from "./address";
import { DeleteAccount } from "./delete-account";
import { Devices } from "./devices";
import { ExportData } from "./export-data";
import { History } from "./history";
import { longDay } from "./long-day";
import type { Me } from "./me";
import { Password } from "./password";
import { Profile } from "./profile";
import { Section } from "./section";
import { Sessions } from "./sessions";

type Props = {
  /** The account at the time of rendering. Later changes are queried. */
  served: Me;
  sms: boolean;
  supportEmail: string | null;
  inbox: boolean;
  passwordMinLength: number;
};

const since: Record<AccountType, string> = { live: "Since", demo: "Demo account, since" };

/** The sections of an account, each with its own change. */
export function Account({ served, sms, supportEmail, inbox, passwordMinLength }: Props) {
  useRefreshOnReturn();
  const router = useRouter();
  const trpc = useTRPC();
  const { data = served } = useQuery(trpc.account.me.queryOptions());
  const me = data ?? served;

  useEffect(() => {
    // Signed out elsewhere: the server redirects.
    if (data === null) router.refresh();
  }, [data, router]);

  const takesPhone = sms && me.accountType === "live";
  return (
    <>
      <Lead title={me.name ? `Hello, ${me.name}` : "Hello"}>
        {since[me.accountType]}
        <time dateTime={me.createdAt}>{longDay(me.createdAt)}</time>.
      </Lead>
      <Profile me={me} />
      <Address channel="email" me={me} supportEmail={supportEmail} inbox={inbox} changeable />
      {takesPhone || me.phoneNumber ? (
        <Address channel="sms" me={me} supportEmail={supportEmail} inbox={inbox} changeable={takesPhone} />
      ) : null}
      <Password me={me} minLength={passwordMinLength} />
      <Sessions />
      <Devices />
      <History />
      <Section id="data" title="Your data">
        <ExportData me={me} />
        <DeleteAccount me={me} />
      </Section>
    </>
  );
}
