/** A failure that its message explains fully. Commands print it without a stack. */
export class Fault extends Error {
  /** @override */
  name = "Fault";
}
