// Far more than anything here takes, since the machine may be busy with other things.
const DEADLINE_MS = 60_000;
const POLL_MS = 10;

interface UntilOptions {
  /** What is awaited, for the message of a deadline that passed. */
  readonly what?: string;
  readonly deadlineMs?: number;
  /** How often it is asked; where asking costs something. */
  readonly pollMs?: number;
}

/** Asks again and again until the answer is truthy, and answers it; rejects when the deadline has passed. */
export async function until<T>(ask: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { what = 'what the test awaits', deadlineMs = DEADLINE_MS, pollMs = POLL_MS } = options;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as NonNullable<T>;
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
