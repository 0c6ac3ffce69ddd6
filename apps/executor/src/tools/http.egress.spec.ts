import { classify } from '@muster/ledger';
import { Egress, type ResolvedAddress } from '@muster/resilience';
import { HttpTool } from './http.tool';
import { aCall } from './testing/calls';
import { anHttpServer } from './testing/servers';

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 });

describe('a name that resolves', () => {
  it('is called at the very address that was judged, however it would resolve a moment later', async () => {
    const server = await anHttpServer((request, response) =>
      response.end(JSON.stringify({ host: request.headers.host })),
    );
    const answers = [[v4('127.0.0.1')], [v4('10.0.0.1')]];
    let lookups = 0;
    const tool = new HttpTool(new Egress(['127.0.0.1'], async () => answers[lookups++] ?? []));
    const port = new URL(server.url).port;
    const call = aCall({ type: 'http', method: 'POST', url: `http://tools.test:${port}/` });

    const answer = await tool.call(call);

    expect(classify(call.contract, answer).output).toEqual({ host: `tools.test:${port}` });
    expect(lookups).toBe(1);
    await tool.close();
    await server.close();
  });

  it('to a private address is rejected by the HTTP tool, and nobody is called', async () => {
    const server = await anHttpServer((_request, response) => response.end('{}'));
    const tool = new HttpTool(new Egress([], async () => [v4('127.0.0.1')]));

    const answer = await tool.call(
      aCall({ type: 'http', method: 'POST', url: `http://tools.test:${new URL(server.url).port}/` }),
    );

    expect(answer).toMatchObject({ kind: 'rejected', code: 'egress_denied' });
    expect(server.connections).toHaveLength(0);
    await tool.close();
    await server.close();
  });
});
