import { OPERATION } from './operation.lifecycle';
import { canTransition, IllegalTransition, isTerminal, terminalStatesOf, transition } from './table';
import { TASK } from './task.lifecycle';

describe('a lifecycle table', () => {
  it('moves where a move is listed', () => {
    expect(transition(OPERATION, 'sent', 'unknown')).toBe('unknown');
  });

  it('refuses a move that is not listed', () => {
    expect(() => transition(OPERATION, 'succeeded', 'sent')).toThrow(IllegalTransition);
    expect(canTransition(OPERATION, 'absent', 'succeeded')).toBe(false);
  });

  it('calls a state terminal exactly when it has no way out', () => {
    expect(terminalStatesOf(TASK)).toEqual(['completed', 'failed', 'cancelled']);
    expect(isTerminal(TASK, 'verifying')).toBe(false);
  });
});
