// Preloaded into an app (NODE_OPTIONS=--import): its wall clock jumps on SIGUSR2, an hour ahead, then an hour back.
// The monotonic clock stays, as it does when a machine's time is set.
const HOUR_MS = 3_600_000;
const jumps = [HOUR_MS, -HOUR_MS, 0];
const TrueDate = Date;
let shift = 0;
let at = 0;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [target.now() + shift] : args),
  get: (target, name) => (name === "now" ? () => target.now() + shift : Reflect.get(target, name)),
});

process.on("SIGUSR2", () => {
  shift = jumps[at++ % jumps.length] ?? 0;
  // Whoever sent the signal waits for these words.
  console.log(`the clock is off by ${shift}`);
});
