// Runs a TypeScript program of test/ or bench/ as it stands, compiled in memory as it is loaded; the services it starts
// run from dist/ like anywhere else.
//
//   node deploy/typescript.cjs <file> [arguments]
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, resolve } = require('node:path');
const { transformSync } = require('@swc/core');

const ROOT = join(__dirname, '..');
const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.base.json'), 'utf8'));
const OPTIONS = {
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  module: { type: 'commonjs' },
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
    baseUrl: ROOT,
    paths: compilerOptions.paths,
  },
};

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...OPTIONS, filename });
  module._compile(code, filename);
};

process.setSourceMapsEnabled(true);
process.argv.splice(1, 2, resolve(process.argv[2]));
require('reflect-metadata');
require(process.argv[1]);
