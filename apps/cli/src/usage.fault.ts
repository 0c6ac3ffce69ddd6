/** The command line, or a file it names, cannot be understood. The message says what would be. */
export class UsageFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageFault';
  }
}
