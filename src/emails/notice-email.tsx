import { Button, Section, Text } from "react-email";
import { paint } from "./colours";
import { Layout, type LayoutProps, paragraph } from "./layout";

export type NoticeEmailProps = Omit<LayoutProps, "preview" | "children"> & {
  happened: string;
  /** What the reader can do. */
  ways: { label: string; href: string }[];
  /** What to do if it was someone else. */
  otherwise: string;
};

/** Something happened that the owner of an address should know of. */
export function NoticeEmail({ happened, ways, otherwise, ...layout }: NoticeEmailProps) {
  return (
    <Layout {...layout} preview={happened}>
      <Text {...paint(["ink2"], paragraph)}>{happened}</Text>
      {ways.map(({ label, href }) => (
        <Section key={href} style={{ margin: "24px 0" }}>
          <Button href={href} {...paint(["action", "on-action"], button)}>
            {label}
          </Button>
        </Section>
      ))}
      <Text {...paint(["ink2"], { ...paragraph, margin: 0 })}>{otherwise}</Text>
    </Layout>
  );
}

const button = {
  padding: "12px 24px",
  borderRadius: "10px",
  fontSize: "15px",
  lineHeight: "24px",
  fontWeight: 600,
  textDecorationLine: "none",
};
