import { Button, Section, Text } from "react-email";
import { paint } from "./colours";
import { Layout, type LayoutProps } from "./layout";

export type LetterProps = Omit<LayoutProps, "children"> & {
  /** Paragraphs above the code or the buttons. */
  before: string[];
  code?: string | undefined;
  buttons: { label: string; href: string }[];
  /** Paragraphs below them. */
  after: string[];
};

/** Every message: a few sentences around a code or buttons. */
export function Letter({ before, code, buttons, after, ...layout }: LetterProps) {
  return (
    <Layout {...layout}>
      <Paragraphs texts={before} />
      {code === undefined ? null : <Code>{code}</Code>}
      {buttons.map(({ label, href }, at) => (
        <Section key={href} style={{ margin: at === 0 ? "24px 0 16px" : "0 0 16px" }}>
          <Button href={href} {...paint(["action", "on-action"], button)}>
            {label}
          </Button>
        </Section>
      ))}
      <Paragraphs texts={after} />
    </Layout>
  );
}

function Paragraphs({ texts }: { texts: string[] }) {
  return texts.map((text) => (
    <Text key={text} {...paint(["ink2"], { margin: "0 0 16px", fontSize: "15px", lineHeight: "24px" })}>
      {text}
    </Text>
  ));
}

/** The only digits in the message that look like a code, in one piece, so that a double click selects them. */
function Code({ children }: { children: string }) {
  return (
    <Section {...paint(["surface", "line"], box)}>
      {/* The distances are the style's alone. The indent balances the one after the last digit. */}
      <Text {...paint(["ink"], digits)}>{children}</Text>
    </Section>
  );
}

const mono = '"Geist Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';

const box = {
  margin: "24px 0",
  padding: "20px 16px",
  borderWidth: "1px",
  borderStyle: "solid",
  borderRadius: "10px",
  borderCollapse: "separate",
} as const;

// A code has at most ten digits. They fit a screen of 320 pixels.
const digits = {
  margin: 0,
  fontFamily: mono,
  fontSize: "32px",
  lineHeight: "40px",
  fontWeight: 500,
  letterSpacing: "0.16em",
  textIndent: "0.16em",
  textAlign: "center",
  whiteSpace: "nowrap",
} as const;

const button = {
  padding: "12px 24px",
  borderRadius: "10px",
  fontSize: "15px",
  lineHeight: "24px",
  fontWeight: 600,
  textDecorationLine: "none",
};
