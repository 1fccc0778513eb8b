import type { Metadata, Viewport } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { Providers } from "@/trpc/client";
import { siteConfig } from "@/trpc/server";
import { fonts } from "./_page/fonts";
import "./globals.css";

/** Titles end with the name; search engines stay out. */
export function generateMetadata(): Metadata {
  const { appName } = siteConfig();
  return {
    title: { default: appName, template: `%s · ${appName}` },
    robots: { index: false, follow: false },
    // A page reads digits and numbers of its own; a phone should not make links of them.
    formatDetection: { telephone: false, date: false, address: false, email: false },
  };
}

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf8f4" },
    { media: "(prefers-color-scheme: dark)", color: "#14130f" },
  ],
};

/** The document around every page. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  // The scripts' nonce is made anew for each request: a page rendered ahead would have none.
  await connection();
  return (
    <html lang="en" className={fonts} data-app-name={siteConfig().appName}>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
