import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../project-root';
import { DeskProcess } from './desk.process';
import { effectsIn, openDeliveries } from './desk-log';

let folder: string;
let desk: DeskProcess;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-desk-'));
  const script = join(projectRoot(), 'examples/lost-acknowledgement/desk.mjs');
  ({ desk, url } = await DeskProcess.start(script, join(folder, 'desk.log')));
});
afterEach(async () => {
  await desk.stop();
  rmSync(folder, { recursive: true });
});

/** The status, or 'reset' where the connection broke. */
const open = (counter: 'tickets' | 'old/tickets', key: string, signal?: AbortSignal): Promise<number | 'reset'> =>
  fetch(`${url}/${counter}`, {
    method: 'POST',
    headers: { 'idempotency-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 't' }),
    signal,
  }).then(
    (response) => response.status,
    () => 'reset',
  );

const asked = async (key: string): Promise<number> => (await fetch(`${url}/old/tickets/${key}`)).status;
const effectsOf = (key: string): number => effectsIn(desk.log()).filter((line) => line.key === key).length;

describe('the new counter of the desk', () => {
  it('breaks every third first delivery after its effect, and answers the second from the first', async () => {
    const first = [
      await open('tickets', 'a'),
      await open('tickets', 'b'),
      await open('tickets', 'c'),
      await open('tickets', 'd'),
    ];

    expect(first).toEqual(['reset', 200, 200, 'reset']);
    expect(effectsOf('a')).toBe(1);
    expect(await open('tickets', 'a')).toBe(200);
    expect(effectsOf('a')).toBe(1);
  });

  it('opens one ticket for a key that comes twice at the same time', async () => {
    await open('tickets', 'a');
    await Promise.all([open('tickets', 'b'), open('tickets', 'b')]);

    expect(effectsOf('b')).toBe(1);
  });
});

describe('the old counter of the desk', () => {
  it('opens a ticket for every delivery that it serves: only its caller can prevent a second one', async () => {
    expect(await open('old/tickets', 'a')).toBe('reset');
    await open('old/tickets', 'a');

    expect(effectsOf('a')).toBe(2);
  });

  it('can be asked, and knows nothing of a delivery it broke off before its effect', async () => {
    await open('old/tickets', 'a');
    expect(await open('old/tickets', 'b')).toBe('reset');

    expect(await asked('a')).toBe(200);
    expect(await asked('b')).toBe(404);
    expect(effectsOf('b')).toBe(0);
  });
});

describe('the log of the desk', () => {
  it('has a line for everything before it is seen, and says what is still open', async () => {
    await Promise.all([open('tickets', 'a'), open('tickets', 'b')]);

    expect(
      desk
        .log()
        .map((line) => line.what)
        .sort(),
    ).toEqual(['answered', 'applied', 'applied', 'came', 'came', 'listening', 'reset']);
    expect(openDeliveries(desk.log())).toBe(0);
  });

  it('counts a call whose sender went away as open until its work is done, and applies it all the same', async () => {
    const gone = new AbortController();
    const line = (what: string) => new Promise<void>((resolve) => desk.onLine((one) => one.what === what && resolve()));
    await open('tickets', 'first');
    const [came, unheard] = [line('came'), line('unheard')];

    const call = open('tickets', 'second', gone.signal);
    await came;
    expect(openDeliveries(desk.log())).toBe(1);
    gone.abort();
    await Promise.all([call, unheard]);

    expect(openDeliveries(desk.log())).toBe(0);
    expect(effectsOf('second')).toBe(1);
  });
});
