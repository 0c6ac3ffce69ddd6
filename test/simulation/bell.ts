import type { Ring } from '../../apps/coordinator/src/lifecycle/decision';
import type { Draws } from './draws';
import type { Strikes } from './mix';
import type { Stage } from './stage';

export type Message = Ring | { readonly to: 'coordinator'; readonly steps: readonly string[]; readonly task: boolean };

/** The queue: it loses, repeats and reorders what it is given. */
export class Bell {
  private readonly messages: Message[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly draws: Draws,
    private readonly strikes: Strikes,
  ) {}

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  ring(message: Message): void {
    if (this.strikes('ringLost')) this.stage.say('queue', () => `loses a message to a ${message.to}`);
    else this.messages.push(message);
  }

  wipe(): void {
    this.messages.splice(0);
  }

  /** The next message, for whoever takes it. */
  take(): Message | undefined {
    if (this.isEmpty) return undefined;
    const at = this.strikes('ringReordered') ? this.draws.below(this.messages.length) : 0;
    const message = this.messages[at];
    if (!this.strikes('ringRepeated')) this.messages.splice(at, 1);
    return message;
  }
}
