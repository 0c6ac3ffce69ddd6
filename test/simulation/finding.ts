/** Something that must not be. Only the oracles raise it: a broken harness fails otherwise. */
export class Finding extends Error {
  override readonly name = 'Finding';
}
