"use client";

import { Frame } from "@/components/frame";
import { Trouble } from "@/components/trouble";
import { fonts } from "./fonts";
import "./globals.css";

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
