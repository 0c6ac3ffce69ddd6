import { spawnSync } from 'node:child_process';
import { FAULT_POINTS, faultPoint, parseFault, STRUCK } from './fault-points';

describe('a fault point that nobody armed', () => {
  it('does nothing', () => {
    for (const name of FAULT_POINTS) expect(faultPoint(name)).toBeUndefined();
  });
});

describe('an armed fault', () => {
  it('names its point, its action and the pass at which it strikes', () => {
    expect(parseFault('executor.after-claim:kill')).toEqual({ name: 'executor.after-claim', action: 'kill', nth: 1 });
    expect(parseFault('executor.after-claim:stop:3')).toMatchObject({ action: 'stop', nth: 3 });
  });

  it.each([
    'executor.afterclaim:kill',
    'executor.after-claim',
    'executor.after-claim:die',
    'executor.after-claim:kill:0',
  ])('is refused when it is misspelt: %s', (text) => {
    expect(() => parseFault(text)).toThrow(/MUSTER_FAULT/);
  });

  it('ends the process at the nth pass and not before', () => {
    const script = `
      require('@swc/core');
      const { code } = require('@swc/core').transformFileSync(${JSON.stringify(`${__dirname}/fault-points.ts`)}, {
        swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } });
      const m = { exports: {} };
      new Function('module', 'exports', 'require', code)(m, m.exports, require);
      for (let pass = 1; pass <= 3; pass++) { console.log(pass); m.exports.faultPoint('executor.after-claim'); }`;

    const child = spawnSync(process.execPath, ['-e', script], {
      env: { ...process.env, NODE_ENV: 'test', NODE_OPTIONS: '', MUSTER_FAULT: 'executor.after-claim:kill:2' },
    });

    expect(child.signal).toBe('SIGKILL');
    expect(String(child.stderr)).toContain(`${STRUCK} executor.after-claim\n`);
    expect(String(child.stdout)).toBe('1\n2\n');
  });
});
