import { spoken } from "./script.mjs";

/** @typedef {import("./script.mjs").Line} Line */
/** @typedef {import("./script.mjs").Scene} Scene */

/**
 * The bare loop: plays a recorded flow again for a new person, the statements and nothing else.
 * @param {import("postgres").Sql} client the app's own pool
 * @param {import("./script.mjs").Script} script
 * @param {import("./visitor.mjs").Person} person
 * @param {object} options
 * @param {boolean} options.prepare prepares all statements, not only those that the app prepares
 * @param {<T>(step: "ask" | "verify", call: () => Promise<T>) => Promise<T>} options.watch
 */
export async function replay(client, script, person, { prepare, watch }) {
  const made = script.makers.map((make) => make());
  /** @type {unknown[][]} */
  const answers = [];

  /**
   * @param {import("postgres").ISql<{}>} sql
   * @param {Line} line
   */
  async function run(sql, line) {
    const values = line.sources.map((source, i) => {
      if ("constant" in source) return source.constant;
      if ("words" in source) return spoken(source.words, person);
      const value = "made" in source ? made[source.made] : answers[source.statement]?.[source.column];
      return line.types[i] === "number" ? Number(value) : value;
    });
    const query = sql.unsafe(line.text, /** @type {any[]} */ (values), { prepare: prepare || line.prepare });
    const rows = await (line.raw ? query.values() : query);
    answers[line.index] = rows[0] ? Object.values(rows[0]) : [];
  }

  /** @param {Scene[]} scenes */
  async function play(scenes) {
    for (const { transaction, batches } of scenes) {
      /** @param {import("postgres").ISql<{}>} sql */
      const runAll = async (sql) => {
        for (const batch of batches) await Promise.all(batch.map((line) => run(sql, line)));
      };
      if (transaction) await client.begin(runAll);
      else await runAll(client);
    }
  }

  await watch("ask", () => play(script.ask));
  await watch("verify", () => play(script.verify));
}
