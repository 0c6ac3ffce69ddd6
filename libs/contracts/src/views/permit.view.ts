import type { JsonValue } from '@muster/domain';
import { Json, Moment, OneOf, Text } from '../shape/fields';

/** `used`: it released its operation. `expired`: nothing was sent in its time. `void`: the task ended before anybody decided. */
export const PERMIT_VIEW_STATES = ['pending', 'granted', 'used', 'expired', 'denied', 'void'] as const;
export type PermitViewState = (typeof PERMIT_VIEW_STATES)[number];

/** A person's single-use approval of one exact operation. */
export class PermitView {
  @Text({})
  id: string;
  @Text({})
  taskId: string;
  @Text({})
  stepKey: string;
  @Text({ description: 'The operation that it releases, and no other.' })
  operationId: string;
  @Text({})
  tool: string;
  @OneOf(PERMIT_VIEW_STATES)
  state: PermitViewState;
  @Text({ description: 'SHA-256 of the bytes that it releases, hex.' })
  requestHash: string;
  @Json({ optional: true, description: 'What is to be sent, where it is JSON.' })
  request?: JsonValue;
  @Moment({})
  requestedAt: string;
  @Moment({ optional: true })
  decidedAt?: string;
  @Text({ optional: true, description: 'The API key of whoever decided.' })
  decidedBy?: string;
  @Text({ optional: true })
  reason?: string;
  @Moment({ optional: true, description: 'The first sending has to come before this.' })
  expiresAt?: string;
}
