// Runs a TypeScript program of test/ or bench/ as it stands, compiled in memory as it is loaded; the services it starts
// run from dist/ like anywhere else.
//
//   node deploy/typescript.cjs <file> [arguments]
const { resolve } = require('node:path');

require('./typescript-hook.cjs');

process.argv.splice(1, 2, resolve(process.argv[2]));
require(process.argv[1]);
