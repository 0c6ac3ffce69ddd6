/** Whose code a frame is: our own, a package's, Node's own or native, or the garbage collector. */
export type FrameKind = 'own' | 'package' | 'node' | 'gc';

export interface Frame {
  readonly name: string;
  readonly kind: FrameKind;
}

/** As a .cpuprofile has it. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** `apps/coordinator/src/lifecycle/decide.js`, `libs/ledger/src/operation.ledger.js` */
const OWN = /\/(apps|libs)\/([^/]+)\/src\/(.+)\.js$/;
const PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
/** Packages that a reader knows by another's name. */
const KNOWN_AS: readonly (readonly [RegExp, string])[] = [
  [/^(pg|pg-.*|postgres-.*)$/, 'pg'],
  [/^(ioredis|redis-.*|@ioredis\/.*)$/, 'ioredis'],
  [/^@nestjs\/.*$/, 'nest'],
  [/^(@prisma\/.*|prisma)$/, 'prisma'],
  [/^(express|router|body-parser|raw-body|finalhandler|send|serve-static)$/, 'express'],
];
/** Nothing was running, or the frame stands for all of them. */
const NOBODY = new Set(['(root)', '(idle)']);

/** Undefined for what is no code. */
export function frameOf({ functionName, url }: CallFrame): Frame | undefined {
  if (NOBODY.has(functionName)) return undefined;
  if (functionName === '(garbage collector)') return { name: 'gc', kind: 'gc' };
  if (functionName === '(program)') return { name: 'native', kind: 'node' };
  const [, group = '', unit = '', path = ''] = OWN.exec(url) ?? [];
  if (unit) return ownFrame(group, unit, path.split('/'), functionName);
  const [, named] = PACKAGE.exec(url) ?? [];
  if (named) return { name: KNOWN_AS.find(([pattern]) => pattern.test(named))?.[1] ?? named, kind: 'package' };
  return { name: nodeName(functionName, url), kind: 'node' };
}

function ownFrame(group: string, unit: string, path: readonly string[], functionName: string): Frame {
  if (path[0] === 'generated') return { name: 'prisma', kind: 'package' };
  const area = group === 'apps' && path.length > 1 ? path[0]! : unit;
  return { name: `${area}/${functionName || path.at(-1)!}`, kind: 'own' };
}

/** `node:internal/streams/writable` → `node streams` */
function nodeName(functionName: string, url: string): string {
  const [, module] = /^node:(?:internal\/)?([^/]+)/.exec(url) ?? [];
  return `node ${(module ?? functionName) || 'native'}`;
}
