/** One figure, as the driver prints it: a line of JSON. */
export interface Result {
  readonly peer: string;
  readonly version: string;
  readonly workload: string;
  readonly metric: string;
  /** Words where there is no figure: why a workload was skipped, or how it failed. */
  readonly value: number | string;
  readonly unit: string;
}

/** The figure in a line of output; none where it is something else. */
export function resultOf(line: string): Result[] {
  if (!line.startsWith('{')) return [];
  const { value, ...rest } = JSON.parse(line) as Result;
  return [{ ...rest, value: value ?? Number.NaN }];
}

/** Every figure of one metric, by peer. */
export function figuresOf(results: readonly Result[], workload: string, metric: string): Map<string, number> {
  const fitting = results.filter((result) => result.workload === workload && result.metric === metric);
  return new Map(fitting.flatMap(({ peer, value }) => (typeof value === 'number' ? [[peer, value]] : [])));
}

/** Who was measured, in the order of their first figure, with their versions. */
export function peersIn(results: readonly Result[]): Map<string, string> {
  return new Map(results.map(({ peer, version }) => [peer, version]));
}

/** What a peer says in words instead of figures. */
export const wordsOf = (results: readonly Result[]): Result[] =>
  results.filter(({ value }) => typeof value === 'string');
