import { Section, Text } from "react-email";
import { paint } from "./colours";
import { Layout, type LayoutProps, paragraph } from "./layout";

export type CodeEmailProps = Omit<LayoutProps, "preview" | "children"> & {
  /** What to do with the code. */
  ask: string;
  code: string;
  /** In words. */
  lifetime: string;
};

const mono = '"Geist Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';

/** A code, the only digits in the message that could be taken for one, once, in one piece: readers copy it by a double click. */
export function CodeEmail({ ask, code, lifetime, ...layout }: CodeEmailProps) {
  const works = `This code works for ${lifetime}.`;
  return (
    <Layout {...layout} preview={`${works} Never share it.`}>
      <Text {...paint(["ink2"], paragraph)}>{ask}</Text>
      <Section {...paint(["surface", "line"], box)}>
        {/* The distances are the style's alone. The indent balances the one after the last digit. */}
        <Text {...paint(["ink"], digits)}>{code}</Text>
      </Section>
      <Text {...paint(["ink"], paragraph)}>{works}</Text>
      <Text {...paint(["ink2"], paragraph)}>Never share it. We will never ask you for it.</Text>
      <Text {...paint(["ink2"], { ...paragraph, margin: 0 })}>
        If you did not ask for it, you can ignore this message.
      </Text>
    </Layout>
  );
}

const box = {
  margin: "24px 0",
  padding: "20px 16px",
  borderWidth: "1px",
  borderStyle: "solid",
  borderRadius: "10px",
  borderCollapse: "separate",
} as const;

// Ten digits, the most there are, fit a screen of 320 pixels.
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
