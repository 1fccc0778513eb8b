/** The faults of a step that did not stop it: their number, and the first one. */
export type StepFault = { step: string; times: number; first: unknown };

/** Steps of a round met faults. Everything else in the round is done. */
export class RoundFault extends Error {
  override name = "RoundFault";
  constructor(
    /** The number of rows of each step, also of those that met faults. */
    readonly counts: Record<string, number>,
    readonly faults: StepFault[],
  ) {
    super(`met faults at ${faults.map(({ step, times }) => `${step} (${times})`).join(", ")}`);
  }
}

/**
 * One step of a round.
 * @returns how many rows it did
 */
export type Step = (pass: Pass) => Promise<number>;

/** Notes a fault that the step continues after. */
export type Pass = (fault: unknown) => void;

/**
 * Runs every step, also after faults in others: one row that cannot be deleted must not keep expired rows from being
 * erased.
 * @returns how many rows each step did
 * @throws {RoundFault} at the end, if any step met a fault
 */
export async function round(steps: Record<string, Step>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const faults: StepFault[] = [];
  for (const [step, run] of Object.entries(steps)) {
    let met: StepFault | undefined;
    const pass = (fault: unknown) => {
      met ??= { step, times: 0, first: fault };
      met.times += 1;
    };
    try {
      counts[step] = await run(pass);
    } catch (fault) {
      pass(fault);
    }
    if (met) faults.push(met);
  }
  if (faults.length > 0) throw new RoundFault(counts, faults);
  return counts;
}
