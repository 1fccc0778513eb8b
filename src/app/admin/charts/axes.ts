/** The axes of every chart: thin, in the page's colours. */
export const axis = {
  stroke: "var(--ink-3)",
  tick: { fill: "var(--ink-3)", fontSize: 12 },
  tickLine: false,
  axisLine: { stroke: "var(--line)" },
} as const;

export const grid = { stroke: "var(--line)", vertical: false } as const;

/** The tooltip of every chart, in the page's colours. */
export const tooltip = {
  isAnimationActive: false,
  cursor: { fill: "var(--sunken)" },
  contentStyle: {
    background: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: 10,
    color: "var(--ink)",
    fontSize: 13,
  },
  itemStyle: { color: "var(--ink)" },
} as const;

const compact = new Intl.NumberFormat("en", { notation: "compact" });
/** 6000 is "6K". */
export const short = (value: number): string => compact.format(value);
