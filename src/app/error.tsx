"use client";

import { Frame } from "@/components/frame";
import { Trouble } from "@/components/trouble";
import { useBrowser } from "@/components/use-browser";

/** Stands in for a page that failed. The server cannot be asked for the name any more; the document has it. */
export default function ErrorPage({ retry }: { retry: () => void }) {
  const appName = useBrowser(() => document.documentElement.dataset.appName, undefined);
  return (
    <Frame {...(appName && { appName })}>
      <Trouble retry={retry} />
    </Frame>
  );
}
