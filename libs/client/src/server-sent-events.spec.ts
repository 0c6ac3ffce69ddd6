import { ServerSentEventParser } from './server-sent-events';

const TEXT = ': heartbeat\r\n\r\nid: 1\r\nevent: a\r\ndata: {"x":\r\ndata: 1}\r\n\r\nid: 2\ndata: zwei ü\n\n';

describe('a stream of events in pieces', () => {
  it('gives the same events wherever it is cut', () => {
    for (let cut = 0; cut <= TEXT.length; cut++) {
      const parser = new ServerSentEventParser();

      const events = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))];

      expect(events).toEqual([
        { id: '1', event: 'a', data: '{"x":\n1}' },
        { id: '2', event: undefined, data: 'zwei ü' },
      ]);
    }
  });

  it('gives nothing for an event that never ended', () => {
    expect(new ServerSentEventParser().push('id: 1\ndata: half')).toEqual([]);
  });
});
