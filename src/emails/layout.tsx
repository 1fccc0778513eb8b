import type { ReactNode } from "react";
import { Container, Head, Heading, Html, Link, Preview, Section, Text } from "react-email";
import { darkStyles, paint } from "./colours";

/** The sender and the recipient, and the line with the address for questions. */
export type Footer = { sentBy: string; questions: { line: string; email: string } | null };

export type LayoutProps = {
  /** BCP 47. */
  language: string;
  app: string;
  title: string;
  /**
   * The line that lists of messages show after the subject. It never holds the code, because a locked phone shows it.
   */
  preview: string;
  footer: Footer;
  /** Makes the header orange-red. */
  alarm?: boolean | undefined;
  children: ReactNode;
};

const sans = 'Geist, system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

/** The parts that all messages share: colours, the app's name and the title above, the footer below. */
export function Layout({ language, app, title, preview, footer, alarm = false, children }: LayoutProps) {
  return (
    <Html lang={language}>
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
            <Header app={app} title={title} alarm={alarm} />
            {children}
            <hr {...paint(["line"], { margin: "32px 0 16px", borderWidth: "1px 0 0", borderStyle: "solid" })} />
            <Text {...paint(["ink3"], { margin: 0, fontSize: "13px", lineHeight: "20px" })}>
              {footer.sentBy}
              {footer.questions ? <Questions {...footer.questions} /> : null}
            </Text>
          </Container>
        </Section>
      </body>
    </Html>
  );
}

function Header({ app, title, alarm }: { app: string; title: string; alarm: boolean }) {
  const ink = alarm ? "on-alarm" : "ink";
  const words = (
    <>
      <Text {...paint([ink], { margin: alarm ? "0 0 8px" : "0 0 32px", fontSize: "15px", fontWeight: 600 })}>
        {app}
      </Text>
      <Heading
        as="h1"
        {...paint([ink], { margin: alarm ? 0 : "0 0 8px", fontSize: "28px", lineHeight: "34px", fontWeight: 600 })}
      >
        {title}
      </Heading>
    </>
  );
  return alarm ? <Section {...paint(["alarm"], band)}>{words}</Section> : words;
}

const band = { margin: "0 0 24px", padding: "20px 24px", borderRadius: "10px", borderCollapse: "separate" } as const;

function Questions({ line, email }: { line: string; email: string }) {
  const [before = "", after = ""] = line.split(email);
  return (
    <>
      {` ${before}`}
      <Link href={`mailto:${email}`} {...paint(["brass"], { textDecorationLine: "underline" })}>
        {email}
      </Link>
      {after}
    </>
  );
}
