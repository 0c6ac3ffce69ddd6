import { once } from 'node:events';
import { connect } from 'node:net';
import { startDeadline } from '@muster/resilience';
import type { Dispatcher } from 'undici';
import { HttpExchange } from './http.exchange';
import { aSocketServer } from './testing/servers';

describe('an exchange that fails while its connection stands', () => {
  it('closes the connection, and settles only when it is closed: until then the request may still take effect', async () => {
    const server = await aSocketServer(() => undefined);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const deadline = startDeadline(20_000);
    const exchange = new HttpExchange(deadline, false, () => true);
    const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
    exchange.onRequestStart(controller);
    exchange.sentOver(socket);
    const order: string[] = [];
    socket.once('close', () => order.push('closed'));

    exchange.onResponseError(controller, new Error('The framing is wrong.'));
    await exchange.answer.then(() => order.push('settled'));

    expect(order).toEqual(['closed', 'settled']);
    deadline.clear();
    await server.close();
  });
});
