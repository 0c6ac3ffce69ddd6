import { type CpuSeconds, cpuBetween, cpuSeconds } from './processes';
import type { Share } from './report';
import type { Servers } from './servers';

const READY = '# muster is ready';
const TOOK = /^# muster (W\d) took ([\d.]+) s/;

/** Listens to what the driver says of its progress, and notes who was busy in each of Muster's workloads. */
export class ShareRecorder {
  readonly shares: Share[] = [];
  private before: CpuSeconds = new Map();

  private constructor(
    private readonly postgresPid: number,
    private readonly redisPid: number,
  ) {}

  static async of({ postgres, redis }: Servers): Promise<ShareRecorder> {
    return new ShareRecorder(await postgres.pid(), redis.pid);
  }

  hear(line: string): void {
    const [, name, seconds] = TOOK.exec(line) ?? [];
    if (!name && line !== READY) return;
    const now = cpuSeconds(this.postgresPid, this.redisPid);
    if (name) this.shares.push({ name, seconds: Number(seconds), cpu: cpuBetween(this.before, now) });
    this.before = now;
  }
}
