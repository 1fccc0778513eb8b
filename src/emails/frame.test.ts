import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderLetter } from "./frame";
import type { LetterProps } from "./letter";
import { renderWhole } from "./whole";

const letter: LetterProps = {
  language: "en",
  app: `L<b>"&'tch`,
  title: "Your sign-in code",
  preview: "This code works for 10 minutes.",
  before: ["Enter this code where you asked for it."],
  code: "904817",
  buttons: [],
  after: ["Never share it.", "If you did not ask for it, you can ignore this message."],
  footer: { sentBy: "Sent to a•••@example.com.", questions: null },
};

const text = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }),
  fc.constantFrom("<b>&'\"", "\uE000\uE001\uF8FF", "$&$1", "&amp;", " a  b\n"),
);
const texts = fc.uniqueArray(text, { maxLength: 3 });
const letters: fc.Arbitrary<LetterProps> = fc.record({
  language: fc.constantFrom("en", "de"),
  app: text,
  title: text,
  preview: fc.oneof(text, fc.string({ minLength: 190, maxLength: 210 })),
  before: texts,
  code: fc.option(text, { nil: undefined }),
  buttons: fc
    .uniqueArray(fc.webUrl({ withQueryParameters: true }), { maxLength: 2 })
    .chain((hrefs) => fc.tuple(...hrefs.map((href) => fc.record({ label: text, href: fc.constant(href) })))),
  after: texts,
  footer: fc.record({
    sentBy: text,
    questions: fc.constantFrom(null, { line: "Questions? help@example.com", email: "help@example.com" }),
  }),
  alarm: fc.boolean(),
});

describe("a letter that is filled in", () => {
  test("equals the letter that React renders, for all texts", async () => {
    await fc.assert(
      fc.asyncProperty(letters, letters, async (one, other) => {
        // The second is filled into the first one's frame if both have the same shape.
        for (const each of [one, { ...one, title: other.title, code: one.code && (other.code ?? "1") }])
          expect(await renderLetter(each)).toBe(await renderWhole(each));
      }),
      { numRuns: 60 },
    );
  });

  test("uses a separate frame for each shape, language and alarm", async () => {
    for (const more of [{}, { language: "de" }, { alarm: true }, { code: undefined }, { after: [] }, { app: "Other" }])
      expect(await renderLetter({ ...letter, ...more })).toBe(await renderWhole({ ...letter, ...more }));
  });

  test("is rendered by React if a text is empty or the name holds a private character", async () => {
    for (const more of [{ title: "" }, { preview: "" }, { before: [""] }, { app: "Latch\uE001key" }])
      expect(await renderLetter({ ...letter, ...more })).toBe(await renderWhole({ ...letter, ...more }));
  });

  test("takes at most a tenth of React's time", async () => {
    const timed = async (how: (each: LetterProps) => Promise<string>) => {
      const start = performance.now();
      for (let at = 0; at < 200; at += 1) await how({ ...letter, code: String(100_000 + at) });
      return performance.now() - start;
    };
    await timed(renderLetter);
    expect(await timed(renderLetter)).toBeLessThan((await timed(renderWhole)) / 10);
  });
});
