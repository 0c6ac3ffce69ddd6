import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Tells by its bytes what the proxy is to act upon. */
export type Pattern = (bytes: Buffer) => boolean;

/** Bytes that hold this text, e.g. the name of a prepared statement on its way to Postgres. */
export const holding =
  (text: string): Pattern =>
  (bytes) =>
    bytes.includes(text);

/** The end of an answer of Postgres: it is ready for the next query, and no transaction is open. */
export const READY_FOR_QUERY: Pattern = (bytes) =>
  bytes.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 'I'.charCodeAt(0)]));

interface Loss {
  readonly asked: Pattern;
  readonly isWhole: Pattern;
  done(): void;
}

/** Stands before a server, and does to its connections what networks do. It knows no protocol. */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private readonly losses: Loss[] = [];
  private port = 0;
  private delayMs = 0;
  private answerBytes = Number.POSITIVE_INFINITY;
  private server: Server | undefined;

  private constructor(private readonly target: URL) {}

  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.open();
    return proxy;
  }

  /** The server's address by way of this proxy. */
  get url(): string {
    const url = new URL(this.target.href);
    url.port = String(this.port);
    return url.href;
  }

  /** Connections through it at this moment. */
  get connections(): number {
    return this.links.size;
  }

  /** Takes connections, at the same port as before. */
  async open(): Promise<void> {
    this.server = createServer((near) => this.pass(near));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** As if the server were gone: every connection is cut, and none is taken. */
  async shut(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server = undefined;
    this.cutAll();
    await closed;
  }

  cutAll(): void {
    for (const link of this.links) link.cut();
  }

  /** Cuts the connection that is open for the longest time; false where there is none. */
  cutOne(): boolean {
    const [oldest] = this.links;
    oldest?.cut();
    return oldest !== undefined;
  }

  /** Half open: from now on nothing passes through the present connections, and nobody is told. New ones are whole. */
  freeze(): void {
    for (const link of this.links) link.freeze();
  }

  /** Every chunk of bytes arrives so much later, both ways, on connections made from now on as well. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Connections made from now on are cut when so many bytes of answers have passed; without a number none is. */
  cutAfter(bytes = Number.POSITIVE_INFINITY): void {
    this.answerBytes = bytes;
  }

  /**
   * Passes the next request that `asked` knows on to the server, swallows the answer, and cuts the connection as soon as
   * the answer is whole: the server has done it, and nobody hears of it. Resolves when that has happened.
   */
  loseAnswer(asked: Pattern, isWhole: Pattern): Promise<void> {
    return new Promise((resolve) => this.losses.push({ asked, isWhole, done: resolve }));
  }

  private pass(near: Socket): void {
    const far = connect(Number(this.target.port), this.target.hostname);
    const link: Link = new Link(near, far, {
      delayMs: () => this.delayMs,
      answerBytesMax: this.answerBytes,
      lossOf: (bytes) => this.lossOf(bytes),
      onEnd: () => this.links.delete(link),
    });
    this.links.add(link);
  }

  private lossOf(bytes: Buffer): Loss | undefined {
    const index = this.losses.findIndex(({ asked }) => asked(bytes));
    return index < 0 ? undefined : this.losses.splice(index, 1)[0];
  }
}

interface Rules {
  delayMs(): number;
  readonly answerBytesMax: number;
  lossOf(bytes: Buffer): Loss | undefined;
  onEnd(): void;
}

/** One connection: the client's half and the server's. */
class Link {
  private isFrozen = false;
  private answered = 0;
  private loss: Loss | undefined;
  private swallowed = Buffer.alloc(0);

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly rules: Rules,
  ) {
    near.on('data', (bytes) => this.ask(bytes));
    far.on('data', (bytes) => this.answer(bytes));
    this.endTogether(near, far);
    this.endTogether(far, near);
  }

  cut(): void {
    this.near.destroy();
    this.far.destroy();
  }

  freeze(): void {
    this.isFrozen = true;
  }

  private ask(bytes: Buffer): void {
    this.loss ??= this.rules.lossOf(bytes);
    this.forward(bytes, this.far);
  }

  private answer(bytes: Buffer): void {
    if (this.loss) return this.swallow(bytes, this.loss);
    const left = this.rules.answerBytesMax - this.answered;
    this.answered += bytes.length;
    if (bytes.length < left) return this.forward(bytes, this.near);
    this.near.write(bytes.subarray(0, left), () => this.cut());
  }

  private swallow(bytes: Buffer, { isWhole, done }: Loss): void {
    if (this.isFrozen) return;
    this.swallowed = Buffer.concat([this.swallowed, bytes]);
    if (!isWhole(this.swallowed)) return;
    this.cut();
    done();
  }

  private forward(bytes: Buffer, to: Socket): void {
    const ms = this.rules.delayMs();
    if (ms > 0) setTimeout(() => this.write(bytes, to), ms);
    else this.write(bytes, to);
  }

  private write(bytes: Buffer, to: Socket): void {
    if (!this.isFrozen && !to.destroyed) to.write(bytes);
  }

  // One half that breaks takes the other with it, unless nobody is to be told: a server keeps the session of a client
  // that has long given up.
  private endTogether(from: Socket, to: Socket): void {
    from.on('end', () => !this.isFrozen && to.end());
    from.on('error', () => !this.isFrozen && to.destroy());
    from.on('close', () => {
      if (!this.isFrozen) to.destroy();
      if (to.destroyed) this.rules.onEnd();
    });
  }
}
