import type { Metadata, Viewport } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { Providers } from "@/trpc/client";
import { siteConfig } from "@/trpc/server";
import { fonts } from "./_page/fonts";
import "./globals.css";

/** Titles end with the app's name. Search engines are told not to index. */
export function generateMetadata(): Metadata {
  const { appName } = siteConfig();
  return {
    title: { default: appName, template: `%s · ${appName}` },
    robots: { index: false, follow: false },
    // A phone should not turn codes and numbers into links.
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
  // Each request has a new nonce for scripts, so no page may be rendered at build time.
  await connection();
  return (
    <html lang="en" className={fonts} data-app-name={siteConfig().appName}>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
