"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "@/trpc/client";
import { nextPage } from "../paging";
import { Reveal } from "../reveal";
import { Timeline } from "../timeline";
import { whileRevealed } from "../while-revealed";
import styles from "./users.module.css";

/** What happened with an address, whether or not an account has it. */
export function AddressStory({ address }: { address: string }) {
  const trpc = useTRPC();
  const [reveal, setReveal] = useState(false);
  const query = useInfiniteQuery({
    ...trpc.admin.users.story.infiniteQueryOptions({ address, ...(reveal && { reveal }) }, nextPage),
    ...whileRevealed(reveal),
  });
  return (
    <section aria-labelledby="story" className={styles.section}>
      <div className={styles.head}>
        <h2 id="story">The story of this address</h2>
        <Reveal reveal={reveal} onChange={setReveal} />
      </div>
      <Timeline query={query} empty="Nothing is known of this address: nobody has asked for a code with it." />
    </section>
  );
}
