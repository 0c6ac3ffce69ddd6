import type { ModelResult } from '@muster/models';
import type { ToolAnswer } from './tool-answer';

/** What came of calling a model, as the ledger judges all that was sent: an answer is an output, however bad it is. */
export function toolAnswerOf(result: ModelResult): ToolAnswer {
  switch (result.kind) {
    case 'said':
      return { kind: 'output', body: Buffer.from(JSON.stringify(result.answer)) };
    case 'status':
      return { ...result, kind: 'answered' };
    default:
      return result;
  }
}
