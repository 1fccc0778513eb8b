/** What a step met and went on after: how often, and the first of it. */
export type StepFault = { step: string; times: number; first: unknown };

/** Some of a round could not be done; the rest of it was. */
export class RoundFault extends Error {
  override name = "RoundFault";
  constructor(
    /** How many rows each step did, also of those that met faults. */
    readonly counts: Record<string, number>,
    readonly faults: StepFault[],
  ) {
    super(`met faults at ${faults.map(({ step, times }) => `${step} (${times})`).join(", ")}`);
  }
}

/**
 * One thing that a round does.
 * @returns how many rows it did
 */
export type Step = (pass: Pass) => Promise<number>;

/** Notes a fault that the step goes on after. */
export type Pass = (fault: unknown) => void;

/**
 * Does every step, whatever becomes of the others: one row that cannot be deleted must not keep what expired from being
 * erased.
 * @returns how many rows each did
 * @throws {RoundFault} at the end, where any has met a fault
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
