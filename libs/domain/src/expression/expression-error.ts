/** Why an expression has no value. Never crosses the door of this folder: `evaluate` answers its message. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}
