import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Muster } from '../../../test/support/muster';
import { until } from '../../../test/support/until';

/** Where a worker process of the driver finds the tether. */
const PORT_VARIABLE = 'MUSTER_BENCH_TETHER';
const READY_MS_MAX = 60_000;

/** What a worker process of the driver stands for: the fleet's only executor, or one more of them. */
export type Role = 'only' | 'another';

/**
 * The driver measures workers by starting and killing a process of its own. Muster's executor is a child of its
 * supervisor, so the driver's process is tied to it: when that one is killed, the executor is killed in the same moment.
 */
export class Tether {
  private readonly killed = new Set<number>();

  private constructor(
    private readonly server: Server,
    private readonly muster: Muster,
  ) {
    server.on('connection', (socket) => void this.serve(socket));
  }

  static async start(muster: Muster): Promise<Tether> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    process.env[PORT_VARIABLE] = String(typeof address === 'object' && address?.port);
    return new Tether(server, muster);
  }

  stop(): void {
    this.server.close();
  }

  private async serve(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    const [word] = (await once(socket, 'data')) as [Buffer];
    const role = String(word) as Role;
    const { pid } = role === 'only' ? await this.executor() : await this.muster.startAnother('executor');
    socket.once('close', () => this.end(pid, role));
    socket.write('ready');
  }

  private end(pid: number, role: Role): void {
    this.killed.add(pid);
    process.kill(pid, role === 'only' ? 'SIGKILL' : 'SIGTERM');
  }

  /** The executor of the fleet, once it can take work. */
  private executor(): Promise<{ pid: number }> {
    const find = async () => {
      for await (const worker of this.muster.client.workers()) {
        const { service, state, pid } = worker;
        if (service === 'executor' && state === 'ready' && !this.killed.has(pid)) return worker;
      }
      return undefined;
    };
    return until(find, { what: 'an executor', deadlineMs: READY_MS_MAX });
  }
}

/** Ties this process to an executor; resolves when that one can take work. */
export async function tie(role: Role): Promise<Socket> {
  const socket = connect(Number(process.env[PORT_VARIABLE]), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(role);
  await once(socket, 'data');
  return socket;
}
