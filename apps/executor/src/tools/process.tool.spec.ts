import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue, ProcessTransport } from '@muster/domain';
import { classify } from '@muster/ledger';
import { commandLine } from './process.argv';
import { ProcessTool } from './process.tool';
import { aCall } from './testing/calls';

const NODE = process.execPath;
const tool = new ProcessTool([NODE, 'git', '/nowhere/to/be/found']);
const script = (code: string, over: Partial<ProcessTransport> = {}): ProcessTransport => ({
  type: 'process',
  argv: [NODE, '-e', code],
  ...over,
});
type Over = Parameters<typeof aCall>[1];
const run = (transport: ProcessTransport, over?: Over) => tool.call(aCall(transport, over));
async function outputOf(transport: ProcessTransport, over?: Over): Promise<JsonValue | undefined> {
  const call = aCall(transport, over);
  return classify(call.contract, await tool.call(call)).output;
}

describe('a program that ends well', () => {
  it('gets the input as its stdin, and its stdout is the output', async () => {
    const echo = script('process.stdin.pipe(process.stdout)');

    expect(await outputOf(echo, { input: { a: [1, 'ä'] } })).toEqual({ a: [1, 'ä'] });
  });

  it('may print text or lines where its contract says so', async () => {
    const code = 'process.stdout.write("one\\r\\ntwo\\n\\nfour\\n")';

    expect(await outputOf(script(code, { output: 'text' }))).toEqual({ text: 'one\r\ntwo\n\nfour\n' });
    expect(await outputOf(script(code, { output: 'lines' }))).toEqual({ lines: ['one', 'two', '', 'four'] });
    expect(await outputOf(script('', { output: 'lines' }))).toEqual({ lines: [] });
  });

  it('sees nothing of the executor’s environment but PATH, and knows its operation', async () => {
    process.env.A_SECRET_OF_THE_EXECUTOR = 'secret';

    const seen = await outputOf(script('console.log(JSON.stringify(process.env))'), { attempt: 2 });

    delete process.env.A_SECRET_OF_THE_EXECUTOR;
    expect(Object.keys(seen ?? {}).sort()).toEqual([
      'LANG',
      'MUSTER_ATTEMPT',
      'MUSTER_DEADLINE',
      'MUSTER_OPERATION_ID',
      'MUSTER_STEP',
      'MUSTER_TASK',
      'PATH',
      'TRACEPARENT',
    ]);
    expect(seen).toMatchObject({ MUSTER_OPERATION_ID: `op_${'1'.repeat(32)}`, MUSTER_ATTEMPT: '2' });
  });

  it('need not read its stdin', async () => {
    expect(await outputOf(script('console.log("{}")'), { input: { large: 'x'.repeat(1024 * 1024) } })).toEqual({});
  });

  it('runs in the directory of its contract', async () => {
    expect(await outputOf(script('console.log(JSON.stringify(process.cwd()))', { cwd: '/' }))).toBe('/');
  });

  it('gets no shell: an argument is one argument, whatever it holds', async () => {
    const transport = {
      type: 'process' as const,
      argv: [NODE, '-e', 'console.log(JSON.stringify(process.argv[1]))', '{input.name}'],
    };

    expect(await outputOf(transport, { input: { name: '$(id); a b | c > d' } })).toBe('$(id); a b | c > d');
  });
});

describe('a program that ends otherwise', () => {
  it('is known by its exit code and the end of what it said', async () => {
    const answer = await run(script('console.error("x".repeat(9000) + " disk full"); process.exitCode = 3'));

    expect(answer).toMatchObject({
      kind: 'exited',
      exitCode: 3,
      message: expect.stringMatching(/^.{2000,2200}disk full$/),
    });
  });

  it('is known by the signal that ended it', async () => {
    expect(await run(script('process.kill(process.pid, "SIGKILL")'))).toMatchObject({
      kind: 'exited',
      exitCode: null,
      exitSignal: 'SIGKILL',
    });
  });

  it('was never sent when it could not be started', async () => {
    expect(await run({ type: 'process', argv: ['/nowhere/to/be/found'] })).toMatchObject({
      kind: 'not-sent',
      code: 'program_not_started',
    });
  });

  it('was never sent when it was aborted before', async () => {
    expect(await run(script(''), { signal: AbortSignal.abort() })).toMatchObject({
      kind: 'not-sent',
      code: 'aborted_before_send',
    });
  });
});

describe('a program that does not end', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'program-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const appears = (file: string) =>
    new Promise<void>((resolve) => {
      const watcher = watch(folder, () => look());
      const look = () => {
        if (!existsSync(file) || readFileSync(file, 'utf8') === '') return;
        watcher.close();
        resolve();
      };
      look();
    });
  const isAlive = (pid: number) =>
    existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

  it('is stopped with all it started, SIGTERM ignored or not, and the call settles only then', async () => {
    const pids = join(folder, 'pids');
    const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
    const parent = `${stubborn} const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}]);
      require("fs").writeFileSync(${JSON.stringify(pids)}, process.pid + " " + child.pid);`;
    const cancel = new AbortController();
    const answering = run(script(parent), { signal: cancel.signal });
    await appears(pids);
    const cancelledAt = performance.now();

    cancel.abort();

    expect(await answering).toMatchObject({ kind: 'no-answer', code: 'aborted' });
    expect(performance.now() - cancelledAt).toBeLessThan(5_000);
    const [leader = 0, child = 0] = readFileSync(pids, 'utf8').split(' ').map(Number);
    expect([isAlive(leader), isAlive(child)]).toEqual([false, false]);
  });

  it('is unknown when its time is up', async () => {
    expect(await run(script('setInterval(() => {}, 1000)'), { timeoutMs: 100 })).toMatchObject({
      kind: 'no-answer',
      code: 'timeout',
    });
  });

  it('is stopped when it prints more than may be kept', async () => {
    const endless =
      'const b = Buffer.alloc(1 << 20, 32); const w = () => { while (process.stdout.write(b)); process.stdout.once("drain", w); }; w()';

    expect(await run(script(endless))).toMatchObject({ kind: 'no-answer', code: 'too-large' });
  }, 20_000);
});

describe('the command line', () => {
  const line = (argv: string[], input: JsonValue = {}, allowed = ['git', '/opt/bin/tool']) =>
    commandLine({ type: 'process', argv }, allowed, Buffer.from(JSON.stringify(input)));

  it.each<[string, string[]]>([
    ['is not listed', ['rm', '-rf', '/']],
    ['only ends like one that is', ['/tmp/git', 'log']],
    ['is relative', ['./git', 'log']],
    ['is listed by another path', ['tool']],
    ['is missing', []],
    ['is a placeholder', ['{input.program}']],
  ])('is rejected when its program %s', (_why, argv) => {
    expect(line(argv, { program: 'git' })).toMatchObject({ kind: 'rejected', code: 'program_denied' });
  });

  it('holds scalars of the input, each within its one argument', () => {
    expect(
      line(['git', '-C', '{input.repo}', 'log', '-n', '{input.n}', '--since={input.since}'], {
        repo: '/a b',
        n: 5,
        since: '-2 weeks',
      }),
    ).toEqual({
      kind: 'command',
      program: 'git',
      args: ['-C', '/a b', 'log', '-n', '5', '--since=-2 weeks'],
    });
  });

  it('holds a value that looks like a placeholder as it is', () => {
    expect(line(['git', '{input.a}'], { a: '{input.b}', b: 'x' })).toMatchObject({ args: ['{input.b}'] });
  });

  it.each<[string, string[], JsonValue]>([
    ['a value that begins with a dash', ['git', 'log', '{input.a}'], { a: '--output=/etc/passwd' }],
    ['a negative number', ['git', '{input.a}'], { a: -1 }],
    ['a dash behind an empty value', ['git', '{input.a}{input.b}'], { a: '', b: '--exec=x' }],
    ['a dash made safe only by a later --', ['git', '{input.a}', '--'], { a: '-x' }],
    ['U+0000', ['git', 'x{input.a}'], { a: 'b\0c' }],
  ])('refuses %s', (_what, argv, input) => {
    expect(line(argv, input)).toMatchObject({ kind: 'rejected', code: 'argument_refused' });
  });

  it('takes a leading dash after a literal --, where no program looks for options', () => {
    expect(line(['git', 'log', '--', '{input.path}'], { path: '-odd-name' })).toMatchObject({
      args: ['log', '--', '-odd-name'],
    });
  });

  it('does not count a -- that came from the input', () => {
    expect(line(['git', 'x{input.a}', '{input.b}'], { a: '--', b: '-y' })).toMatchObject({ kind: 'rejected' });
    expect(line(['git', '{input.a}', '{input.b}'], { a: '--', b: '-y' })).toMatchObject({ kind: 'rejected' });
  });

  it.each<[string, JsonValue]>([
    ['is missing', {}],
    ['is null', { a: null }],
    ['is a list', { a: [1] }],
    ['is inherited', { b: 1 }],
  ])('refuses a placeholder whose member %s', (_what, input) => {
    expect(line(['git', '{input.a}'], input)).toMatchObject({ kind: 'rejected', code: 'input_not_scalar' });
    expect(line(['git', '{input.constructor}'], input)).toMatchObject({ kind: 'rejected', code: 'input_not_scalar' });
  });

  it('is refused at the start where the operator’s list holds a relative path', () => {
    expect(() => new ProcessTool(['bin/git'])).toThrow(/PROCESS_ALLOW/);
  });
});
