import { createHash } from 'node:crypto';
import { BEHAVIOURS, behaviourAt } from './behaviours.mjs';

/** Classes whose tools refuse a second effect under one key. */
const REMEMBERS_KEYS = ['keyed'];

/**
 * What has happened outside, and the only place that decides whether something more does. Everything it knows stands in
 * the log, from which it is built again after a crash.
 */
export class World {
  #log;
  #seed;
  #scripts;
  #requests = 0;
  #turns = new Map();
  #effects = new Map();
  #atWork = new Map();

  constructor({ log, lines, seed, scripts }) {
    this.#log = log;
    this.#seed = seed;
    this.#scripts = scripts;
    for (const line of lines) this.#recall(line);
  }

  #recall(line) {
    if (line.kind === 'request') {
      this.#requests = line.request;
      this.#count(this.#turns, line.operation);
    }
    if (line.kind === 'effect') this.#count(this.#effects, line.operation);
  }

  /** Writes the request down and says how the tool behaves at it; `busy` is the request that is still at work, if any. */
  async receive({ effect, tool, operation, attempt, task, step, body }) {
    const turn = this.#turns.get(operation) ?? 0;
    this.#count(this.#turns, operation);
    const behaviour = behaviourAt({ seed: this.#seed, tool, script: this.#scripts[tool], body, turn });
    const request = { request: ++this.#requests, effect, tool, operation };
    const isRefused = REMEMBERS_KEYS.includes(effect) && (this.#atWork.get(operation) ?? 0) > 0;
    if (!isRefused) this.#count(this.#atWork, operation);
    const hash = createHash('sha256').update(body).digest('hex');
    await this.#log.append({ kind: 'request', ...request, attempt, task, step, bodyHash: hash, behaviour, isRefused });
    return { ...request, behaviour, isRefused };
  }

  /** The effect of a request, unless it has none or the key is known; resolves when it is on the disk. */
  async act(request) {
    const isKnown = REMEMBERS_KEYS.includes(request.effect) && this.timesOf(request.operation) > 0;
    if (!BEHAVIOURS[request.behaviour].effect || isKnown) return;
    const { behaviour, isRefused: _, ...named } = request;
    const lines = behaviour === 'twice' ? [{}, { isOwnFault: true }] : [{}];
    for (const _line of lines) this.#count(this.#effects, request.operation);
    await Promise.all(lines.map((line) => this.#log.append({ kind: 'effect', ...named, ...line })));
  }

  /** A request that was let in is over, whether or not anybody heard of it. */
  leave({ operation, isRefused }) {
    if (!isRefused) this.#atWork.set(operation, (this.#atWork.get(operation) ?? 1) - 1);
  }

  async probe(operation) {
    const times = this.timesOf(operation);
    await this.#log.append({ kind: 'probe', operation, times });
    return times;
  }

  look(operation) {
    return { times: this.timesOf(operation), atWork: this.#atWork.get(operation) ?? 0 };
  }

  timesOf(operation) {
    return this.#effects.get(operation) ?? 0;
  }

  script(tool, script) {
    this.#scripts[tool] = script;
  }

  #count(counts, operation) {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
}
