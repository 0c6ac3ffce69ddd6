// Muster as one more peer of the driver in ../shared/bench/peers: this file is what the driver loads, and
// muster-peer.ts beside it is what it says. The driver gives its own tool, so that every peer calls the same function.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
require('../../../deploy/typescript-hook.cjs');
const { MusterPeer } = require('./muster-peer.ts');
const harness = await import(pathToFileURL(join(process.env.MUSTER_BENCH_HARNESS, 'lib/common.mjs')).href);

export default new MusterPeer(harness);
