import { fresh } from "./fresh.mjs";

/** @typedef {import("./recorder.mjs").Recorded} Recorded */
/** @typedef {import("./visitor.mjs").Person} Person */
/** @typedef {{ person: Person, ask: Recorded[], verify: Recorded[] }} Recording */

/**
 * Where a parameter comes from when the flow is played again: it is the same each time; words with the person's own in
 * them; a column of an earlier statement's first row; or something new that is made for each flow.
 * @typedef {{ constant: unknown } | { words: string } | { statement: number, column: number } | { made: number }} Source
 */

/** @typedef {{ text: string, prepare: boolean, raw: boolean, index: number, sources: Source[], types: string[] }} Line */
/** @typedef {{ transaction: boolean, batches: Line[][] }} Scene statements of a batch are sent together */
/** @typedef {{ ask: Scene[], verify: Scene[], makers: (() => string)[], statements: number }} Script */

const EMAIL = "\0email\0";
const NETWORK = "\0network\0";

/**
 * Makes a script of some recordings of the same flow, each of another person. What differs between them must be
 * explained, or it throws: so the script never drifts from the app.
 * @param {Recording[]} recordings
 * @returns {Script}
 */
export function scriptOf(recordings) {
  const tapes = recordings.map(({ ask, verify }) => [...ask, ...verify]);
  const [first = [], ...others] = tapes;
  for (const other of others) {
    if (other.length === first.length && other.every(({ text }, i) => text === first[i]?.text)) continue;
    throw new Error("The recorded flows ran different statements.");
  }
  /** @type {(() => string)[]} */
  const makers = [];
  /** @type {Map<string, Source>} */
  const known = new Map();

  const lines = first.map((recorded, index) => {
    const sources = recorded.args.map((_, position) =>
      sourceOf(
        tapes.map((tape) => tape[index]?.args[position]),
        `parameter ${position + 1} of: ${recorded.text}`,
      ),
    );
    recorded.rows[0]?.forEach((_, column) => {
      const values = tapes.map((tape) => tape[index]?.rows[0]?.[column]);
      if (!isConstant(values) && !known.has(keyOf(values))) known.set(keyOf(values), { statement: index, column });
    });
    const { text, prepare, raw } = recorded;
    return { text, prepare, raw, index, sources, types: recorded.args.map((value) => typeof value) };
  });

  /**
   * @param {unknown[]} values one of each recording
   * @param {string} place
   * @returns {Source}
   */
  function sourceOf(values, place) {
    if (isConstant(values)) return { constant: values[0] };
    const source = known.get(keyOf(values));
    if (source) return source;
    const words = values.map((value, i) => wordsOf(value, recordings[i]?.person));
    if (isConstant(words)) return { words: words[0] ?? "" };
    const make = fresh(values.map(String));
    if (!make) throw new Error(`It is not known where this comes from: ${place}`);
    makers.push(make);
    known.set(keyOf(values), { made: makers.length - 1 });
    return { made: makers.length - 1 };
  }

  const asked = recordings[0]?.ask.length ?? 0;
  /** @param {number} from @param {number} [to] */
  const scenes = (from, to) => scenesOf(lines.slice(from, to), first.slice(from, to));
  const statements = lines.filter(({ text }) => !/^(begin|commit)$/.test(text)).length;
  return { ask: scenes(0, asked), verify: scenes(asked), makers, statements };
}

/**
 * @param {Line[]} lines
 * @param {Recorded[]} recorded
 */
function scenesOf(lines, recorded) {
  /** @type {Scene[]} */
  const scenes = [];
  /** @type {Scene | undefined} */
  let open;
  lines.forEach((line, i) => {
    if (line.text === "begin") {
      open = { transaction: true, batches: [] };
      scenes.push(open);
    } else if (line.text === "commit") open = undefined;
    else if (!open) scenes.push({ transaction: false, batches: [[line]] });
    else if (recorded[i]?.beside) open.batches.at(-1)?.push(line);
    else open.batches.push([line]);
  });
  return scenes;
}

/** @param {unknown[]} values */
const isConstant = (values) => values.every((value) => value === values[0]);

/** The driver gives big integers as text, and the app passes them on as numbers. @param {unknown[]} values */
const keyOf = (values) => JSON.stringify(values.map(String));

/**
 * @param {unknown} value
 * @param {Person} [person]
 */
function wordsOf(value, person) {
  if (typeof value !== "string" || !person) return undefined;
  return value.replaceAll(person.email, EMAIL).replaceAll(person.network, NETWORK);
}

/**
 * @param {string} words
 * @param {Person} person
 */
export function spoken(words, { email, network }) {
  return words.replaceAll(EMAIL, email).replaceAll(NETWORK, network);
}
