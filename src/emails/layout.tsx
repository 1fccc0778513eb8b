import type { ReactNode } from "react";
import { Container, Head, Heading, Html, Link, Preview, Section, Text } from "react-email";
import { darkStyles, paint } from "./colours";

/** Who sends; `url` is the app's origin. */
export type Brand = { name: string; url: string; supportEmail: string | null };

export type LayoutProps = {
  brand: Brand;
  /** The recipient, masked. */
  sentTo: string;
  title: string;
  /** The line that lists of messages show after the subject. Never the code: a locked phone shows it. */
  preview: string;
  children: ReactNode;
};

const sans = 'Geist, system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

export const paragraph = { margin: "0 0 16px", fontSize: "15px", lineHeight: "24px" };

/** What all messages share: the scheme, the name above, the title, and who sent it to whom below. */
export function Layout({ brand, sentTo, title, preview, children }: LayoutProps) {
  return (
    <Html lang="en">
      <Head>
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        {/* Else iOS takes the digits for a phone number and makes them a link. */}
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no" />
        <style>{`:root{color-scheme:light dark;supported-color-schemes:light dark}${darkStyles}`}</style>
      </Head>
      <body {...paint(["paper"], { margin: 0, padding: 0, fontFamily: sans })}>
        <Preview useTitleTag={false}>{preview}</Preview>
        {/* Some software drops the body's colour, so the outermost table has it too. */}
        <Section {...paint(["paper"], { padding: "32px 16px" })}>
          <Container style={{ maxWidth: "480px", textAlign: "left", fontFamily: sans }}>
            <Text {...paint(["ink"], { margin: "0 0 32px", fontSize: "15px", fontWeight: 600 })}>{brand.name}</Text>
            <Heading
              as="h1"
              {...paint(["ink"], { margin: "0 0 8px", fontSize: "28px", lineHeight: "34px", fontWeight: 600 })}
            >
              {title}
            </Heading>
            {children}
            <hr {...paint(["line"], { margin: "32px 0 16px", borderWidth: "1px 0 0", borderStyle: "solid" })} />
            <Text {...paint(["ink3"], { margin: 0, fontSize: "13px", lineHeight: "20px" })}>
              Sent by {brand.name} to {sentTo}.
              {brand.supportEmail ? (
                <>
                  {" "}
                  Questions? Write to{" "}
                  <Link
                    href={`mailto:${brand.supportEmail}`}
                    {...paint(["brass"], { textDecorationLine: "underline" })}
                  >
                    {brand.supportEmail}
                  </Link>
                  .
                </>
              ) : null}
            </Text>
          </Container>
        </Section>
      </body>
    </Html>
  );
}
