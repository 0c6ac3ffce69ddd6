import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of this process, as /metrics shows them. */
export const registry = new Registry();

// From a tenth of a millisecond, where a queue hop lies, to the half minute of a slow tool.
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

type MetricName = `muster_${string}`;

/** The same name gives the same metric, so that two instances of a class may share one. */
function once<M>(name: string, make: () => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make();
}

/** A count that only rises; its name ends in `_total`. */
export const counter = <L extends string = never>(name: MetricName, help: string, labelNames: L[] = []): Counter<L> =>
  once(name, () => new Counter({ name, help, labelNames, registers: [registry] }));

export const gauge = <L extends string = never>(name: MetricName, help: string, labelNames: L[] = []): Gauge<L> =>
  once(name, () => new Gauge({ name, help, labelNames, registers: [registry] }));

/** A duration in seconds; its name ends in `_seconds`. */
export const secondsHistogram = <L extends string = never>(
  name: MetricName,
  help: string,
  labelNames: L[] = [],
): Histogram<L> => once(name, () => new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [registry] }));

export const sizeHistogram = <L extends string = never>(
  name: MetricName,
  help: string,
  labelNames: L[] = [],
): Histogram<L> => once(name, () => new Histogram({ name, help, labelNames, buckets: SIZES, registers: [registry] }));

/** Memory, event loop lag and the like, once per process. */
export function collectProcessMetrics(): void {
  if (!registry.getSingleMetric('muster_nodejs_eventloop_lag_seconds'))
    collectDefaultMetrics({ register: registry, prefix: 'muster_' });
}
