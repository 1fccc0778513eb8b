import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "./command.mjs";

/*
 * `node scripts/house.mjs` draws docs/house.svg from the imports in src: the rooms, and which room imports which. An
 * arrow that follows from two others is left out. `scripts/house.test.ts` fails if the picture is out of date.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const PICTURE = join(root, "docs/house.svg");

/** The rooms of the files at the top of src. Files that are not named here are leaves: they import no room. */
const FILES = Object.fromEntries([
  ...["front-door", "page-failure", "proxy"].map((file) => [`${file}.ts`, "front door"]),
  ...["instrumentation", "door-parts"].map((file) => [`${file}.ts`, "start"]),
]);

/**
 * A few words about each room, and its distance from the left, in boxes. Other rooms are drawn at the right end.
 * @type {Record<string, { words: string, column: number }>}
 */
const KNOWN = {
  start: { words: "hands the parts over", column: 0 },
  "front door": { words: "owns every request", column: 1.5 },
  app: { words: "pages", column: 3 },
  jobs: { words: "the queue's tasks", column: 0 },
  trpc: { words: "parses and translates", column: 2 },
  components: { words: "what pages are made of", column: 4 },
  flows: { words: "what a person does", column: 3 },
  analytics: { words: "the dashboard's questions", column: 0 },
  otp: { words: "the engine", column: 1 },
  accounts: { words: "people and sessions", column: 2 },
  limits: { words: "windows and lockout", column: 3 },
  audit: { words: "what happened", column: 4 },
  delivery: { words: "seal, render, send", column: 5 },
  db: { words: "client and schema", column: 2.5 },
  emails: { words: "React Email", column: 5 },
  leaves: { words: "env, keys, log, mask …", column: 2.5 },
};

/**
 * @param {string} path of a file, from src
 * @returns {string | undefined} its room; undefined for tests and what only tests use
 */
function roomOf(path) {
  if (!/\.tsx?$/.test(path) || /\.(test\.tsx?|d\.ts)$/.test(path) || path.startsWith("testing/")) return undefined;
  const [first = "", second] = path.split("/");
  return second === undefined ? (FILES[first] ?? "leaves") : first;
}

/** A file's imports at run time, which are those that are not of types only. */
const IMPORT = /^(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/**
 * Reads which room imports which.
 * @returns {Map<string, Set<string>>}
 */
function readRooms() {
  const src = join(root, "src");
  const rooms = new Map();
  for (const name of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    const file = name.replaceAll("\\", "/");
    const from = roomOf(file);
    if (from === undefined) continue;
    const known = rooms.get(from) ?? new Set();
    rooms.set(from, known);
    for (const [, named, loaded] of readFileSync(join(src, file), "utf8").matchAll(IMPORT)) {
      const path = named ?? loaded ?? "";
      const target = path.startsWith("@/") ? path.slice(2) : path.startsWith(".") ? join(dirname(file), path) : null;
      if (target === null || target.startsWith("..")) continue;
      const to = roomOf(/\.\w+$/.test(target) ? target : `${target}.ts`);
      if (to !== undefined && to !== from) known.add(to);
    }
  }
  // Sorted, because the order in which files are listed differs between machines.
  const inOrder = (/** @type {Iterable<string>} */ names) => [...names].sort((a, b) => a.localeCompare(b, "en"));
  return new Map(inOrder(rooms.keys()).map((room) => [room, new Set(inOrder(rooms.get(room) ?? []))]));
}

/**
 * The imports that are drawn: an arrow that follows from two others is left out.
 * @param {Map<string, Set<string>>} rooms
 */
function plainArrows(rooms) {
  /** @type {(from: string, to: string) => boolean} */
  const reaches = (from, to) => [...(rooms.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  return [...rooms].flatMap(([from, tos]) =>
    [...tos].filter((to) => ![...tos].some((other) => other !== to && reaches(other, to))).map((to) => ({ from, to })),
  );
}

/**
 * The floor of each room, counted from below: one above the highest room that it imports. A room that imports nothing
 * stands one below the lowest room that imports it.
 * @param {Map<string, Set<string>>} rooms
 */
function floorsOf(rooms) {
  /** @type {(room: string) => number} */
  const above = (room) => Math.max(-1, ...[...(rooms.get(room) ?? [])].map(above)) + 1;
  /** @type {(room: string) => number} */
  const floorOf = (room) => {
    if (rooms.get(room)?.size !== 0) return above(room);
    const importers = [...rooms].filter(([, tos]) => tos.has(room)).map(([from]) => above(from));
    return Math.max(0, Math.min(...importers) - 1);
  };
  return new Map([...rooms.keys()].map((room) => [room, floorOf(room)]));
}

const BOX = { width: 164, height: 52, gap: 16 };
const FLOOR = 104;
const MARGIN = 16;

/** @returns {string} the picture, as SVG that follows the reader's light or dark */
export function drawHouse() {
  const rooms = readRooms();
  const floors = floorsOf(rooms);
  const highest = Math.max(...floors.values());
  const columns = new Map([...rooms.keys()].map((room, at) => [room, KNOWN[room]?.column ?? 6 + at / 2]));
  const width = 2 * MARGIN + (Math.max(...columns.values()) + 1) * (BOX.width + BOX.gap) - BOX.gap;
  const height = 2 * MARGIN + highest * FLOOR + BOX.height;
  /** @type {Map<string, { x: number, y: number }>} the middle of a box's upper edge */
  const places = new Map(
    [...floors].map(([room, floor]) => [
      room,
      {
        x: MARGIN + (columns.get(room) ?? 0) * (BOX.width + BOX.gap) + BOX.width / 2,
        y: MARGIN + (highest - floor) * FLOOR,
      },
    ]),
  );
  const arrows = plainArrows(rooms).map(({ from, to }) => {
    const [start, end] = [places.get(from), places.get(to)];
    if (!start || !end) throw new Error(`no place for ${from} or ${to}`);
    const [top, bottom] = [start.y + BOX.height, end.y - 7];
    const bend = (bottom - top) / 2;
    return `  <path class="arrow" d="M${start.x} ${top}C${start.x} ${top + bend} ${end.x} ${bottom - bend} ${end.x} ${bottom}"/>`;
  });
  const boxes = [...places].map(([room, { x, y }]) =>
    [
      `  <rect x="${x - BOX.width / 2}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/>`,
      `  <text class="name" x="${x}" y="${y + 22}">${room}</text>`,
      `  <text class="words" x="${x}" y="${y + 40}">${KNOWN[room]?.words ?? ""}</text>`,
    ].join("\n"),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The rooms of src and who imports whom">
<style>
  rect { fill: #fffdf8; stroke: #8a8478; }
  text { fill: #1f1d1a; text-anchor: middle; font-family: system-ui, sans-serif; }
  .name { font-size: 15px; font-weight: 600; }
  .words { font-size: 11px; fill: #5d584f; }
  .arrow { fill: none; stroke: #8a8478; marker-end: url(#tip); }
  #tip path { fill: #8a8478; }
  @media (prefers-color-scheme: dark) {
    rect { fill: #211f1c; stroke: #8f887b; }
    text { fill: #f2eee6; }
    .words { fill: #b9b2a5; }
  }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8Z"/></marker></defs>
${[...arrows, ...boxes].join("\n")}
</svg>
`;
}

await command(import.meta.url, async () => {
  writeFileSync(PICTURE, drawHouse());
  console.log(`Drawn: ${PICTURE}`);
});
