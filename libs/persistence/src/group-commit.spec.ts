import { DatabaseUnavailable, DataRefused, RowsContended } from './database-faults';
import { BacklogFull, GroupCommit, type GroupCommitOptions } from './group-commit';

interface Flush {
  readonly items: number[];
  answer(error?: Error): void;
}

/** A commit whose flushes the test answers one by one; each item's result is its tenfold. */
function aCommit(options: Partial<GroupCommitOptions<number>> = {}) {
  const flushes: Flush[] = [];
  let arrived: () => void = () => undefined;
  const commit = new GroupCommit<number, number>({ name: 'test', maxBatch: 100, ...options }, (items) => {
    return new Promise((resolve, reject) => {
      flushes.push({ items, answer: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))) });
      arrived();
    });
  });
  const next = async (n: number): Promise<Flush> => {
    while (flushes.length < n) await new Promise<void>((resolve) => (arrived = resolve));
    return flushes[n - 1]!;
  };
  return { commit, flushes, next };
}

/** A commit whose flush is given by the test. */
const aCommitBy = (flush: (items: number[]) => Promise<number[]>, options: Partial<GroupCommitOptions<number>> = {}) =>
  new GroupCommit<number, number>({ name: 'test', maxBatch: 100, ...options }, flush);

const refused = () => new DataRefused('23514', 'some_check', 'no');

describe('items that arrive while a flush is in flight', () => {
  it('go together with the next one, and each gets its own result', async () => {
    const { commit, flushes, next } = aCommit();
    const first = commit.add(1);
    const flush = await next(1);

    const others = [commit.add(2), commit.add(3)];
    flush.answer();
    (await next(2)).answer();

    expect(await first).toBe(10);
    expect(await Promise.all(others)).toEqual([20, 30]);
    expect(flushes.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  });

  it('never exceed the batch, nor its weight unless one alone does', async () => {
    const batches: number[][] = [];
    const flush = async (items: number[]) => {
      batches.push(items);
      return items;
    };
    const commit = aCommitBy(flush, { maxBatch: 3, weight: (item) => item, maxWeight: 10 });

    await Promise.all([1, 2, 3, 4, 5, 6, 50, 1].map((item) => commit.add(item)));

    expect(batches).toEqual([[1, 2, 3], [4, 5], [6], [50], [1]]);
  });

  it('are refused past the backlog', async () => {
    const { commit, next } = aCommit({ backlogMax: 1 });
    const first = commit.add(1);
    const flush = await next(1);
    const second = commit.add(2);

    await expect(commit.add(3)).rejects.toBeInstanceOf(BacklogFull);

    flush.answer();
    (await next(2)).answer();
    expect(await Promise.all([first, second])).toEqual([10, 20]);
  });
});

describe('a batch that the database refuses', () => {
  it('is halved until the culprit is alone: the others are committed', async () => {
    const commit = aCommitBy(async (items) => {
      if (items.includes(3)) throw refused();
      return items;
    });

    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((item) => commit.add(item)));

    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('is tried again when it only lost its rows to somebody else', async () => {
    let tries = 0;
    const commit = aCommitBy(async (items) => {
      if (++tries < 3) throw new RowsContended('55P03', 'lock timeout');
      return items;
    });

    expect(await commit.add(7)).toBe(7);
  });
});

describe('a commit of unknown fate', () => {
  it('is repeated with the same items until it is answered', async () => {
    const seen: number[][] = [];
    const commit = aCommitBy(async (items) => {
      seen.push(items);
      if (seen.length < 3) throw new DatabaseUnavailable('connection lost');
      return items;
    });

    expect(await Promise.all([commit.add(1), commit.add(2)])).toEqual([1, 2]);
    expect(seen).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('is given up at its deadline', async () => {
    const commit = aCommitBy(() => Promise.reject(new DatabaseUnavailable('away')), { deadlineMs: 30 });

    await expect(commit.add(1)).rejects.toBeInstanceOf(DatabaseUnavailable);
  });

  it('is given up when the commit is closed', async () => {
    const { commit, next } = aCommit();
    const item = commit.add(1);
    const flush = await next(1);

    const closed = commit.close();
    flush.answer(new DatabaseUnavailable('away'));

    await expect(item).rejects.toBeInstanceOf(DatabaseUnavailable);
    await closed;
  });
});

describe('closing', () => {
  it('waits for what came before and takes nothing new', async () => {
    const { commit, next } = aCommit();
    const item = commit.add(1);
    const flush = await next(1);

    const closed = commit.close();
    await expect(commit.add(2)).rejects.toBeInstanceOf(DatabaseUnavailable);
    flush.answer();

    expect(await item).toBe(10);
    await closed;
  });
});

describe('an error that is a bug', () => {
  it('reaches every item of the batch at once', async () => {
    const commit = aCommitBy(() => Promise.reject(new TypeError('no such column')));

    const results = await Promise.allSettled([commit.add(1), commit.add(2)]);

    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  });
});
