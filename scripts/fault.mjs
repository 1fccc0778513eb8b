/** A failure whose message says all that a person needs: commands print it without a stack. */
export class Fault extends Error {
  /** @override */
  name = "Fault";
}
