import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Health } from './health';

/** Whoever has its answer by now goes; clients keep their connections open for the next request. */
const IDLE_LOOK_MS = 50;
/** What takes longer to answer is cut off: others wait for this process to leave, and it has more to close. */
const ANSWERS_MS_MAX = 4_000;

/** Stops to listen, and resolves when everybody who had asked has an answer: only then may stop what answers are made of. */
export async function closeDoor(server: Server): Promise<void> {
  const leaving = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  const late = setTimeout(() => server.closeAllConnections(), ANSWERS_MS_MAX);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(leaving);
  clearTimeout(late);
}

/** A client that is told so asks its next question somewhere else, instead of finding this connection closed. */
export const sayGoodbye =
  (health: Health) =>
  (_request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (health.draining.aborted) response.setHeader('connection', 'close');
    next();
  };
