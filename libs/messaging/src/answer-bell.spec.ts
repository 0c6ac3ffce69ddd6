import { Log } from '@muster/chassis';
import { AnswerBell } from './answer-bell';
import type { QueueBackend } from './backend';
import { Doorbells } from './doorbells';

const queues: { over: () => void }[] = [];
afterEach(() => {
  for (const queue of queues.splice(0)) queue.over();
});

/** A queue whose rings end when the test says so. */
function slowQueue() {
  const rung: object[] = [];
  let end: () => void = () => undefined;
  let over = false;
  queues.push({
    over: () => {
      over = true;
      end();
    },
  });
  const queue = {
    addBulk: async (jobs: readonly { data: object }[]) => {
      rung.push(...jobs.map(({ data }) => data));
      if (!over) await new Promise<void>((resolve) => (end = resolve));
    },
  };
  const backend = { ready: () => Promise.resolve(), producer: () => queue } as unknown as QueueBackend;
  const doorbells = new Doorbells(backend, new Log('test', 'silent'));
  const points = { before: () => undefined, after: () => undefined };
  return { bell: new AnswerBell(doorbells, points), doorbells, rung, end: () => end() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the bell of answers', () => {
  it('rings once for what arrives in one turn of the event loop', async () => {
    const { bell, rung } = slowQueue();
    bell.ring('steps', ['a', 'b']);
    bell.ring('steps', ['b', 'c']);
    await turn();
    expect(rung).toEqual([{ steps: ['a', 'b', 'c'] }]);
  });

  it('keeps what arrives while a ring is under way for the next one, and rings it as soon as that may leave', async () => {
    const { bell, rung, end } = slowQueue();
    bell.ring('steps', ['a']);
    await turn();
    bell.ring('steps', ['b']);
    await turn();
    bell.ring('tasks', ['t']);
    await turn();
    expect(rung).toEqual([{ steps: ['a'] }]);

    end();
    await turn();
    expect(rung.slice(1)).toEqual([{ steps: ['b'] }, { tasks: ['t'] }]);
  });

  it('has settled only when what arrived meanwhile has left, too', async () => {
    const { bell, doorbells, rung, end } = slowQueue();
    bell.ring('steps', ['a']);
    await turn();
    bell.ring('steps', ['b']);
    const settled = doorbells.settled().then(() => rung.length);
    end();
    await turn();
    end();
    expect(await settled).toBe(2);
  });

  it('loses nothing of what comes at once, however much it is, and only then takes no more', async () => {
    const { bell, doorbells, rung, end } = slowQueue();
    const many = Array.from({ length: 150_000 }, (_, n) => `s${n}`);
    bell.ring('steps', many);
    bell.ring('steps', ['one more']);
    const settled = doorbells.settled();
    for (let isOver = false; !isOver; await turn()) {
      end();
      void settled.then(() => (isOver = true));
      await turn();
    }

    expect(rung.flatMap((data) => (data as { steps: string[] }).steps)).toEqual(many);
  });

  it('rings again after it has come to rest', async () => {
    const { bell, rung, end } = slowQueue();
    bell.ring('steps', ['a']);
    await turn();
    end();
    await turn();
    bell.ring('steps', ['b']);
    await turn();
    expect(rung).toEqual([{ steps: ['a'] }, { steps: ['b'] }]);
  });
});
