/** Ends every switch over a union: the compiler refuses a member nobody handled. */
export function assertNever(value: never): never {
  throw new Error(`Nobody handles ${JSON.stringify(value)}.`);
}
