"use client";

import { Frame } from "@/components/frame";
import { PageFailed } from "@/components/page-failed";
import { useBrowserValue } from "@/components/use-browser-value";

/** Stands in for a page that failed. The server cannot be asked for the name any more; the document has it. */
export default function ErrorPage({ retry }: { retry: () => void }) {
  const appName = useBrowserValue(() => document.documentElement.dataset.appName, undefined);
  return (
    <Frame {...(appName && { appName })}>
      <PageFailed retry={retry} />
    </Frame>
  );
}
