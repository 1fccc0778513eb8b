/**
 * Whether this is the long run (`npm run test:long`): more of the same, such as more rows, rounds, seeds and seconds.
 * What a change can break is in the short run too.
 */
export const isLong = process.env.LONG === "1";
