import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** .env.example: every environment variable that the services read, from the Config class. */
export async function envExample(root) {
  require('reflect-metadata');
  const chassis = require(join(root, 'dist/libs/chassis/src/config.js'));
  return { '.env.example': chassis.envExample() };
}
