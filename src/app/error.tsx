"use client";

import { Frame } from "@/components/frame";
import { PageFailed } from "@/components/page-failed";
import { useBrowserValue } from "@/components/use-browser-value";

/** Shown in place of a page that failed. The app's name comes from the document: the server cannot be asked now. */
export default function ErrorPage({ retry }: { retry: () => void }) {
  const appName = useBrowserValue(() => document.documentElement.dataset.appName, undefined);
  return (
    <Frame {...(appName && { appName })}>
      <PageFailed retry={retry} />
    </Frame>
  );
}
