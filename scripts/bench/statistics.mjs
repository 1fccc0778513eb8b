/**
 * @param {number[]} values
 * @param {number} share from 0 to 1
 * @returns {number} the value that this share of them does not exceed; NaN of none
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** @param {number[]} values */
export function median(values) {
  return (
    (quantile(values, 0.5) +
      quantile(
        [...values].reverse().map((value) => -value),
        0.5,
      ) *
        -1) /
    2
  );
}
