import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Turns of the event loop in which a connection is accepted and its request read; and a few more. */
const TURNS_TO_RECEIVE = 10;
const HUGE_BYTES = 10 * 1024 * 1024;

/** The tools over HTTP: what of the world's deeds the caller gets to know. */
export class Tools {
  #world;
  #timing;
  #releases = new Set();

  constructor(world, { slowMs, lateMs }) {
    this.#world = world;
    this.#timing = { slowMs, lateMs };
  }

  async call(request, response, { effect, tool }) {
    const body = await textOf(request);
    const header = (name) => String(request.headers[name] ?? '');
    const { promise: released, resolve: release } = Promise.withResolvers();
    this.#releases.add(release);
    const given = await this.#world.receive({
      effect,
      tool,
      body,
      operation: plain(header('idempotency-key')),
      attempt: Number(header('muster-attempt')),
      task: header('muster-task'),
      step: header('muster-step'),
    });
    try {
      if (given.isRefused) json(response, 409, { error: 'The first request is still at work.' });
      else await this.#serve(given, body, response, released);
    } finally {
      this.#world.leave(given);
      this.#releases.delete(release);
    }
  }

  async #serve(given, body, response, released) {
    const { slowMs, lateMs } = this.#timing;
    if (given.behaviour === 'slow') await pause(slowMs);
    if (given.behaviour === 'late-effect') {
      response.destroy();
      await pause(lateMs);
    }
    await this.#world.act(given);
    if (!given.behaviour.startsWith('hang')) return misbehave(given, body, response);
    if (!(await isReleased(response, released))) return;
    if (given.behaviour === 'hang-before') await this.#world.act({ ...given, behaviour: 'ok' });
    json(response, 200, resultOf(given, body));
  }

  /** Lets every call that has come and hangs, or is about to, go on as if it had been slow. */
  release() {
    for (const release of this.#releases) release(true);
  }

  /**
   * For a person who wants to know what became of a call: no request of anybody's, so it is not in the log. Whatever
   * had arrived at this machine before the question is received first, even if its sender has given it up since.
   */
  async look(response, shown) {
    for (let turn = 0; turn < TURNS_TO_RECEIVE; turn++) await nextTurn();
    json(response, 200, this.#world.look(plain(shown)));
  }

  async probe(response, shown) {
    const operation = plain(shown);
    const times = await this.#world.probe(operation);
    json(response, 200, times > 0 ? { applied: true, times, result: { id: `r-${operation}` } } : { applied: false });
  }
}

/** False when the caller has gone before. */
async function isReleased(response, released) {
  const gone = new Promise((resolve) => response.once('close', () => resolve(false)));
  return !response.destroyed && (await Promise.race([released, gone]));
}

function misbehave(given, body, response) {
  const result = resultOf(given, body);
  const answers = {
    'reset-before': () => response.destroy(),
    'reset-after': () => response.destroy(),
    'late-effect': () => undefined,
    'error-after': () => json(response, 500, { error: 'It broke.' }),
    'wrong-echo': () => json(response, 200, { ...result, echo: 'of somebody else' }),
    truncated: () => truncate(response, JSON.stringify(result)),
    huge: () => json(response, 200, { ...result, padding: 'x'.repeat(HUGE_BYTES) }),
    'too-many': () => json(response, 429, { error: 'Too many.' }, { 'retry-after': '1' }),
    unavailable: () => json(response, 503, { error: 'Not now.' }),
    reject: () => json(response, 422, { error: 'Rejected.' }),
  };
  const answer = answers[given.behaviour] ?? (() => json(response, 200, result));
  answer();
}

/** Half of a body whose whole length was announced. */
function truncate(response, text) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

/** `echo` is what the caller sent under that name, so that a check can tell whose answer it is. */
function resultOf({ operation }, body) {
  const input = body === '' ? {} : JSON.parse(body);
  return { id: `r-${operation}`, ...(input?.echo !== undefined && { echo: input.echo }) };
}

/** Shown and plain ids of one operation are the same operation. */
const plain = (id) => id.replace(/^op_/, '').replaceAll('-', '');

function json(response, status, body, headers = {}) {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
