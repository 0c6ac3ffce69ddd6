import { AnswerBell } from './answer-bell';
import type { Doorbell, Doorbells } from './doorbells';

/** A queue whose rings end when the test says so. */
function slowQueue() {
  const rung: object[] = [];
  let end: () => void = () => undefined;
  const doorbells = {
    ring: (_queue: string, jobs: readonly Doorbell[]) => rung.push(...jobs.map(({ data }) => data)),
    settled: () => new Promise<void>((resolve) => (end = resolve)),
  };
  const points = { before: () => undefined, after: () => undefined };
  return { bell: new AnswerBell(doorbells as unknown as Doorbells, points), rung, end: () => end() };
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
