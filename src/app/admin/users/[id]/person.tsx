"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { LocalTime } from "@/components/local-time";
import { useTitle } from "@/components/use-title";
import { useTRPC } from "@/trpc/client";
import { PageHead } from "../../admin-frame";
import { count } from "../../format";
import { toAudit, toCodes } from "../../links";
import { nextPage } from "../../paging";
import { QueryState } from "../../query-state";
import { Reveal } from "../../reveal";
import { Timeline } from "../../timeline";
import { whileRevealed } from "../../while-revealed";
import styles from "../users.module.css";
import { Actions } from "./actions";
import { CodesOf } from "./codes-of";
import { DevicesOf } from "./devices-of";
import { Facts } from "./facts";

/** An account's facts, the actions on it, its codes and its story. */
export function Person({ id }: { id: string }) {
  const trpc = useTRPC();
  const [reveal, setReveal] = useState(false);
  const asked = { id, ...(reveal && { reveal }) };
  const person = useQuery({ ...trpc.admin.users.get.queryOptions(asked), ...whileRevealed(reveal) });
  const stats = useQuery(trpc.admin.users.otpStats.queryOptions({ id }));
  const story = useInfiniteQuery({
    ...trpc.admin.users.timeline.infiniteQueryOptions(asked, nextPage),
    ...whileRevealed(reveal),
  });
  const account = person.data?.account;
  const title = account ? (account.name ?? `Account #${account.sNo}`) : "Account";
  useTitle(account ? title : null);
  return (
    <>
      <PageHead
        title={title}
        note={
          account ? (
            <>
              Account #{account.sNo}, since <LocalTime iso={account.createdAt} to="minute" />
            </>
          ) : null
        }
      >
        <Reveal reveal={reveal} onChange={setReveal} />
      </PageHead>
      <QueryState query={person} what="the account" />
      {person.data ? (
        <>
          <Facts account={person.data.account} latestCode={person.data.latestCode} />
          <Actions account={person.data.account} />
          <DevicesOf id={id} devices={person.data.devices} />
        </>
      ) : null}
      <section aria-labelledby="codes" className={styles.section}>
        <div className={styles.head}>
          <h2 id="codes">Codes</h2>
          <p>
            {stats.data ? (
              <>
                In 24 hours: {count(stats.data.verified)} verified, {count(stats.data.unverified)} not.{" "}
              </>
            ) : null}
            <Link href={toCodes({ user: id })}>All its codes</Link>
          </p>
        </div>
        <CodesOf id={id} reveal={reveal} />
      </section>
      <section aria-labelledby="story" className={styles.section}>
        <div className={styles.head}>
          <h2 id="story">What happened</h2>
          <Link href={toAudit({ account: id })}>Its audit log</Link>
        </div>
        <Timeline query={story} empty="Nothing has happened yet." />
      </section>
    </>
  );
}
