import { classify, type ToolAnswer } from '@muster/ledger';
import { aCall } from './testing/calls';
import { healthSignOf } from './tool-health';

const { contract } = aCall(
  { type: 'http', method: 'POST', url: 'http://tools.test/' },
  { contract: { definite: { rejected: [422, 501], notDone: [429, 503] } } },
);
const signOf = (answer: ToolAnswer) => healthSignOf(answer, classify(contract, answer));
const answered = (status: number, body = '{}'): ToolAnswer => ({
  kind: 'answered',
  status,
  headers: {},
  body: Buffer.from(body),
});
const message = 'As named.';

describe('what a call tells of its tool', () => {
  it.each<[string, ToolAnswer, string]>([
    ['a success', answered(200), 'healthy'],
    ['a rejection', answered(422), 'healthy'],
    ['a listed 5xx', answered(501), 'healthy'],
    ['too many requests', answered(429), 'healthy'],
    ['an unlisted 409', answered(409), 'healthy'],
    ['an unlisted 302', answered(302), 'healthy'],
    ['a 503, though listed', answered(503), 'ailing'],
    ['an unlisted 500', answered(500), 'ailing'],
    ['an unreadable 200', answered(200, '{'), 'ailing'],
    ['an output', { kind: 'output', body: Buffer.from('{}') }, 'healthy'],
    ['an unreadable output', { kind: 'output', body: Buffer.from('{') }, 'ailing'],
    ['an exit', { kind: 'exited', exitCode: 1, exitSignal: null, message }, 'ailing'],
    [
      'an error in words of its own',
      { kind: 'errored', code: 'mcp_tool_error', message, body: Buffer.from('{}') },
      'healthy',
    ],
    ['its word that nothing was done', { kind: 'not-done', code: 'function_not_done', message }, 'healthy'],
    ['a function that threw', { kind: 'no-answer', code: 'threw', message }, 'ailing'],
    ['a refused connection', { kind: 'not-sent', code: 'connection_refused', message }, 'ailing'],
    ['our own abort before it was sent', { kind: 'not-sent', code: 'aborted_before_send', message }, 'none'],
    ['our own abort after it was sent', { kind: 'no-answer', code: 'aborted', message }, 'none'],
    ['a timeout', { kind: 'no-answer', code: 'timeout', message }, 'ailing'],
    ['denied egress', { kind: 'rejected', code: 'egress_denied', message }, 'none'],
  ])('%s', (_what, answer, sign) => {
    expect(signOf(answer)).toBe(sign);
  });
});
