import type { CSSProperties } from "react";

/** The colours of the app that mail uses, each for one property. Mail software does not support custom properties. */
const tokens = {
  paper: { property: "backgroundColor", light: "#faf8f4", dark: "#14130f" },
  surface: { property: "backgroundColor", light: "#ffffff", dark: "#1b1a15" },
  action: { property: "backgroundColor", light: "#1c1a16", dark: "#f3efe6" },
  // The header of mail about a lost password (document 004).
  alarm: { property: "backgroundColor", light: "#c2410c", dark: "#f2794a" },
  line: { property: "borderColor", light: "#e2ddd2", dark: "#322f27" },
  ink: { property: "color", light: "#1c1a16", dark: "#f3efe6" },
  ink2: { property: "color", light: "#565146", dark: "#bdb6a6" },
  ink3: { property: "color", light: "#6f6a5e", dark: "#989182" },
  brass: { property: "color", light: "#80570f", dark: "#e0b25a" },
  "on-action": { property: "color", light: "#fffdf8", dark: "#1c1a16" },
  "on-alarm": { property: "color", light: "#fffdf8", dark: "#1c1a16" },
} as const;

type Token = keyof typeof tokens;

/**
 * Colours an element for both schemes. The light colours are inline, for mail software that drops style sheets. The
 * classes let `darkStyles` replace them.
 */
export function paint(colours: Token[], style: CSSProperties = {}): { className: string; style: CSSProperties } {
  const painted = { ...style };
  for (const token of colours) painted[tokens[token].property] = tokens[token].light;
  return { className: colours.join(" "), style: painted };
}

const cssNames = { backgroundColor: "background-color", borderColor: "border-color", color: "color" };

const darkRules = Object.entries(tokens).map(
  ([token, { property, dark }]) => `.${token}{${cssNames[property]}:${dark}!important}`,
);

/** The style sheet that replaces every colour of `paint` in dark mode. */
export const darkStyles = `@media (prefers-color-scheme:dark){${darkRules.join("")}}`;
