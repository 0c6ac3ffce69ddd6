import { frameOf } from './frames';

const DIST = '/repository/dist';

describe('the name of a frame', () => {
  it.each([
    ['decideOnce', `${DIST}/apps/coordinator/src/lifecycle/decision-loop.js`, 'lifecycle/decideOnce', 'own'],
    ['main', `${DIST}/apps/executor/src/main.js`, 'executor/main', 'own'],
    ['', `file://${DIST}/libs/ledger/src/operation.ledger.js`, 'ledger/operation.ledger', 'own'],
    ['get', `${DIST}/libs/persistence/src/generated/client.js`, 'prisma', 'package'],
    ['parse', '/repository/node_modules/pg-protocol/dist/parser.js', 'pg', 'package'],
    ['next', '/repository/node_modules/@nestjs/core/node_modules/express/lib/router.js', 'express', 'package'],
    ['get', '/repository/node_modules/@nestjs/core/router.js', 'nest', 'package'],
    ['onwrite', 'node:internal/streams/writable', 'node streams', 'node'],
    ['writev', '', 'node writev', 'node'],
    ['(program)', '', 'native', 'node'],
    ['(garbage collector)', '', 'gc', 'gc'],
  ])('%s in %s is %s', (functionName, url, name, kind) => {
    expect(frameOf({ functionName, url })).toEqual({ name, kind });
  });

  it.each(['(idle)', '(root)'])('is none where it is %s', (functionName) => {
    expect(frameOf({ functionName, url: '' })).toBeUndefined();
  });
});
