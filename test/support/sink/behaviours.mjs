import { createHash } from 'node:crypto';

/**
 * What a tool does at one request. `effect`: whether the thing it is asked for happens at all; the log says so before
 * anybody is answered. What the names leave open stands beside them.
 */
export const BEHAVIOURS = {
  ok: { effect: true },
  /** Answers late, with the effect at the end. */
  slow: { effect: true },
  /** Never answers, until it is released or the caller closes the connection. */
  'hang-before': { effect: false },
  'hang-after': { effect: true },
  /** Drops the connection. */
  'reset-before': { effect: false },
  'reset-after': { effect: true },
  /** Drops the connection, and does it a little later all the same: within what a probed contract promises. */
  'late-effect': { effect: true },
  'error-after': { effect: true },
  /** Says that it was done, which is not so. */
  phantom: { effect: false },
  /** Does it twice at a single request: what no caller can prevent. */
  twice: { effect: true },
  /** Answers for somebody else's request. */
  'wrong-echo': { effect: true },
  truncated: { effect: true },
  huge: { effect: true },
  /** 429 with Retry-After, 503, 422: nothing is done. */
  'too-many': { effect: false },
  unavailable: { effect: false },
  reject: { effect: false },
};

/** From the request after this one on, an operation of a weighted tool is served well: nobody is unlucky for ever. */
const UNLUCKY_REQUESTS_MAX = 3;

/** A script in which something is not a behaviour would pass every test; so it is refused. */
export function checkScript(script) {
  const names = Array.isArray(script) ? script : Object.keys(script);
  const unknown = names.filter((name) => !(name in BEHAVIOURS));
  if (unknown.length > 0) throw new Error(`No such behaviour: ${unknown.join(', ')}.`);
}

/**
 * Pure: the same seed, tool, body and turn give the same behaviour in every run, whatever the ids are this time and
 * whoever comes first. `turn` counts the requests of one operation from 0.
 */
export function behaviourAt({ seed, tool, script, body, turn }) {
  if (Array.isArray(script)) return script[turn] ?? 'ok';
  if (!script || turn >= UNLUCKY_REQUESTS_MAX) return 'ok';
  const entries = Object.entries(script);
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let rest = draw(`${seed} ${tool} ${turn} ${body}`) * total;
  for (const [name, weight] of entries) {
    rest -= weight;
    if (rest < 0) return name;
  }
  return 'ok';
}

/** A number in [0, 1) that depends on the text alone. */
const draw = (text) => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
