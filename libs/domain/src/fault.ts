/** A failure that crosses a boundary: says what happened and what to do next. One subclass per code. */
export abstract class Fault extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(`${message} ${remedy}`);
    this.name = this.constructor.name;
  }
}
