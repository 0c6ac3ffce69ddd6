import type { Ring } from '../../apps/coordinator/src/lifecycle/decision';
import type { Draws } from './draws';
import type { Mix } from './mix';
import type { Stage } from './stage';

export type Message = Ring | { readonly to: 'coordinator'; readonly steps: readonly string[]; readonly task: boolean };

/** The queue: it loses, repeats and reorders what it is given. */
export class Bell {
  private readonly messages: Message[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly draws: Draws,
    public mix: Mix,
  ) {}

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  ring(message: Message): void {
    if (this.draws.chance(this.mix.ringLost)) this.stage.say('queue', () => `loses a message to a ${message.to}`);
    else this.messages.push(message);
  }

  wipe(): void {
    this.messages.splice(0);
  }

  /** The next message, for whoever takes it. */
  take(): Message | undefined {
    const isReordered = this.draws.chance(this.mix.ringReordered);
    const at = isReordered ? this.draws.below(this.messages.length) : 0;
    const message = this.messages[at];
    if (message && !this.draws.chance(this.mix.ringRepeated)) this.messages.splice(at, 1);
    return message;
  }
}
