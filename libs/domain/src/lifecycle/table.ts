/** One state machine: for every state, the states it may move to. A state is terminal exactly when it has no way out. */
export type LifecycleTable<S extends string> = Readonly<Record<S, readonly S[]>>;

/** Raised when code asks for a move its table does not list: always a bug, never a user's mistake. */
export class IllegalTransition extends Error {
  constructor(entity: string, from: string, to: string) {
    super(`A ${entity} cannot go from '${from}' to '${to}'.`);
    this.name = 'IllegalTransition';
  }
}

export interface Lifecycle<S extends string> {
  readonly entity: string;
  readonly table: LifecycleTable<S>;
}

/** The only way to move: answers the new state, or throws where the table does not list the move. */
export function transition<S extends string>(lifecycle: Lifecycle<S>, from: S, to: S): S {
  if (!canTransition(lifecycle, from, to)) throw new IllegalTransition(lifecycle.entity, from, to);
  return to;
}

export function canTransition<S extends string>(lifecycle: Lifecycle<S>, from: S, to: S): boolean {
  return lifecycle.table[from].includes(to);
}

export function isTerminal<S extends string>(lifecycle: Lifecycle<S>, state: S): boolean {
  return lifecycle.table[state].length === 0;
}

export function statesOf<S extends string>(lifecycle: Lifecycle<S>): S[] {
  return Object.keys(lifecycle.table) as S[];
}

export function terminalStatesOf<S extends string>(lifecycle: Lifecycle<S>): S[] {
  return statesOf(lifecycle).filter((state) => isTerminal(lifecycle, state));
}
