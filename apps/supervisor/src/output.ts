/** Where the supervisor speaks to a person: few lines, each a fact, with the time it took. */
export class Output {
  constructor(private readonly write: (text: string) => void = (text) => process.stdout.write(text)) {}

  line(text = ''): void {
    this.write(`${text}\n`);
  }

  /** Says what `work` answers, with its seconds, when it is done. */
  async step<T>(work: () => Promise<T>, says: (result: T) => string): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.line(`  ${says(result).padEnd(66)} ${((performance.now() - began) / 1_000).toFixed(1).padStart(5)} s`);
    return result;
  }
}
