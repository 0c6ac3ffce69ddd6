import { Fault } from '@muster/domain';

/** Nobody is signed in, or the session is over. */
export class NotSignedIn extends Fault {
  readonly code = 'UNAUTHENTICATED';
  readonly retryable = false;
  constructor() {
    super('This page needs an API key.', 'Sign in, or send it as "Authorization: Bearer <key>".');
  }
}

/** The key is good but may not do this. */
export class ScopeMissing extends Fault {
  readonly code = 'SCOPE_MISSING';
  readonly retryable = false;
  constructor(readonly scopes: readonly string[]) {
    super(`This API key has none of the scopes ${scopes.join(', ')}.`, 'Sign in with one that has.');
  }
}

/** No such page, or it belongs to another tenant: both look the same. */
export class PageNotFound extends Fault {
  readonly code = 'NOT_FOUND';
  readonly retryable = false;
  constructor(what: string) {
    super(`There is no ${what} here.`, 'Look for it in the list of tasks.');
  }
}
