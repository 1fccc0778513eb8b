"use client";

import { Frame } from "@/components/frame";
import { PageFailed } from "@/components/page-failed";
import { fonts } from "./_page/fonts";
import "./globals.css";

/** Shown in place of everything when the layout itself failed. */
export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en" className={fonts}>
      <body>
        <Frame>
          <PageFailed retry={retry} />
        </Frame>
      </body>
    </html>
  );
}
