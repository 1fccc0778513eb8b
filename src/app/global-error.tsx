"use client";

import { Frame } from "@/components/frame";
import { Trouble } from "@/components/trouble";
import { fonts } from "./_page/fonts";
import "./globals.css";

/** Stands in for everything when the layout itself failed. */
export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en" className={fonts}>
      <body>
        <Frame>
          <Trouble retry={retry} />
        </Frame>
      </body>
    </html>
  );
}
