// The effect sink: the world outside, as a process that knows nothing of the runtime and shares no code with it. Started
// by effect-sink.ts as: node sink.mjs <folder> <port>
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { checkScript } from './behaviours.mjs';
import { SinkLog } from './sink-log.mjs';
import { Tools } from './tools.mjs';
import { World } from './world.mjs';

const [folder, port = '0'] = process.argv.slice(2);
const settingsFile = join(folder, 'settings.json');
const settings = JSON.parse(readFileSync(settingsFile, 'utf8'));
for (const script of Object.values(settings.behaviours)) checkScript(script);
const { log, lines } = await SinkLog.open(join(folder, 'sink.log'));
const world = new World({ log, lines, seed: settings.seed, scripts: settings.behaviours });
const tools = new Tools(world, settings);

const server = createServer({ keepAliveTimeout: 60_000 });
// A caller that dies while it still sends has asked for nothing.
server.on('request', (request, response) => void serve(request, response).catch(() => response.destroy()));
server.listen(Number(port), '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit());

async function serve(request, response) {
  const [, place, first, second] = request.url.split('/').map(decodeURIComponent);
  if (place === 'tools') return tools.call(request, response, { effect: first, tool: second });
  if (place === 'ops') return tools.probe(response, first);
  if (place === 'look') return tools.look(response, first);
  if (place === 'behaviours') return behave(response, first, JSON.parse(await textOf(request)));
  if (place === 'release') {
    tools.release();
    return answer(response, 200, {});
  }
  if (place === 'log') return answer(response, 200, readFileSync(join(folder, 'sink.log'), 'utf8'));
  answer(response, 404, { error: 'There is no such place.' });
}

// Kept with the settings, so that a sink that was killed goes on as it was.
function behave(response, tool, script) {
  try {
    checkScript(script);
  } catch (error) {
    return answer(response, 400, { error: error.message });
  }
  settings.behaviours[tool] = script;
  writeFileSync(settingsFile, JSON.stringify(settings));
  world.script(tool, script);
  answer(response, 200, {});
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
