"use client";

import { Lead } from "./frame";
import { Button } from "./ui/button";

/** Says that the page failed, with a button to try again. */
export function PageFailed({ retry }: { retry: () => void }) {
  return (
    <div role="alert">
      <title>Something went wrong</title>
      <Lead title="Something went wrong">The page could not be put together. Try again in a moment.</Lead>
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}
