// Loaded into services before anything else (--require): what they read of this machine's clock is off by as much as
// MUSTER_CLOCK_SHIFTS says for them, e.g. coordinator=3600000,executor=-3600000. Monotonic time goes on as it is.
const { sep } = require('node:path');

const [, service] = (process.argv[1] ?? '').split(`${sep}apps${sep}`);
const shifts = Object.fromEntries((process.env.MUSTER_CLOCK_SHIFTS ?? '').split(',').map((pair) => pair.split('=')));
const shiftMs = Number(shifts[service?.split(sep)[0]] ?? 0);

if (shiftMs !== 0) {
  const { now } = Date;
  const shifted = () => now() + shiftMs;
  const timeOrigin = performance.timeOrigin + shiftMs;
  Object.defineProperty(performance, 'timeOrigin', { get: () => timeOrigin });
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, asked) => Reflect.construct(target, given.length === 0 ? [shifted()] : given, asked),
    apply: (target) => new target(shifted()).toString(),
    get: (target, name) => (name === 'now' ? shifted : target[name]),
  });
}
