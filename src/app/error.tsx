"use client";

import { Frame } from "@/components/frame";
import { Trouble } from "@/components/trouble";

/** Stands in for a page that failed. */
export default function ErrorPage({ retry }: { retry: () => void }) {
  return (
    <Frame>
      <Trouble retry={retry} />
    </Frame>
  );
}
