import { CLIENT_LIMITS } from './limits';

export interface ServerSentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

/**
 * Takes the text of an event stream in pieces of any size and gives the events that are complete. Pure but for the
 * piece it keeps; comments (heartbeats) give nothing.
 */
export class ServerSentEventParser {
  private rest = '';

  push(piece: string): ServerSentEvent[] {
    // A \r at the end may be half of a \r\n whose other half comes with the next piece.
    const text = this.rest + piece;
    const held = text.endsWith('\r') ? 1 : 0;
    const blocks = text
      .slice(0, text.length - held)
      .replaceAll('\r\n', '\n')
      .replaceAll('\r', '\n')
      .split('\n\n');
    this.rest = (blocks.pop() ?? '') + text.slice(text.length - held);
    if (this.rest.length > CLIENT_LIMITS.STREAM_EVENT_CHARS_MAX) throw new Error('An event of the stream has no end.');
    return blocks.map(eventOf).filter((event) => event !== undefined);
  }
}

function eventOf(block: string): ServerSentEvent | undefined {
  const fields = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^([a-z]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name) fields.set(name, [...(fields.get(name) ?? []), value ?? '']);
  }
  const data = fields.get('data');
  return data && { id: fields.get('id')?.at(-1), event: fields.get('event')?.at(-1), data: data.join('\n') };
}
