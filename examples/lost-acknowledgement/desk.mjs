#!/usr/bin/env node
// A ticket desk that breaks connections on purpose and keeps an honest log. It knows nothing of Muster: it is the
// outside world of the demo, and the log is what the demo is judged by.
//
//   node desk.mjs --log FILE        listens on a free port of 127.0.0.1; ends when its standard input does
//
//   POST /tickets                   the new counter: opens one ticket for an Idempotency-Key, however often it comes
//   POST /old/tickets               the old counter: opens a ticket for every request; files the key as a reference
//   GET  /old/tickets/{reference}   the old counter's file: 200 with the ticket, or 404
//
// Every line of the log is on the disk before the desk does what comes next, and on standard output too:
//   {"at", "what": "listening" | "came" | "applied" | "answered" | "reset" | "unheard" | "abandoned" | "asked", "counter", "key", …}
import { fsyncSync, openSync, writeSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({ options: { log: { type: 'string' } } });
if (!flags.log) {
  console.error('usage: desk.mjs --log FILE');
  process.exit(2);
}

/** Work on a request takes this long: slow enough that its sender can die in the middle. */
const workMs = (turn) => 150 + ((turn * 61) % 150);
/** A request whose sender hung up longer ago than this is not worked on any more: what a contract's absentAfterMs rests on. */
const ABANDON_AFTER_MS = 300;

const file = openSync(flags.log, 'a');
function record(line) {
  const text = `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`;
  writeSync(file, text);
  fsyncSync(file);
  process.stdout.write(text);
}

/** What happens to the first delivery of every key, by the order in which they come. Later deliveries are served well. */
const MISHAPS = {
  new: (turn) => (turn % 3 === 1 ? 'reset-after' : 'none'),
  old: (turn) => (turn % 3 === 1 ? 'reset-after' : turn % 6 === 2 ? 'reset-before' : 'none'),
};

const counters = { new: newCounter('new'), old: newCounter('old') };
function newCounter(name) {
  return { name, deliveries: new Map(), tickets: new Map(), working: new Map() };
}
let lastTicket = 0;

async function work(counter, key, title, turn, isAbandoned) {
  await new Promise((done) => setTimeout(done, workMs(turn)));
  if (isAbandoned()) {
    record({ what: 'abandoned', counter: counter.name, key });
    return undefined;
  }
  const ticket = { id: `T-${++lastTicket}`, title, status: 'open' };
  counter.tickets.set(key, ticket);
  record({ what: 'applied', counter: counter.name, key, ticket: ticket.id });
  return ticket;
}

/** The new counter serves a repeated key from the first one's work, also while that is still going on. */
function workOnce(counter, key, title, turn) {
  if (!counter.working.has(key))
    counter.working.set(
      key,
      work(counter, key, title, turn, () => false),
    );
  return counter.working.get(key);
}

async function open(counter, request, response) {
  const key = request.headers['idempotency-key'] ?? null;
  if (key === null) return answer(response, 400, { error: 'a request without a key cannot be filed' });
  let hungUpAt;
  response.on('close', () => (hungUpAt ??= performance.now()));
  const { title } = JSON.parse(await bodyOf(request));
  const delivery = (counter.deliveries.get(key) ?? 0) + 1;
  counter.deliveries.set(key, delivery);
  const turn = counter.deliveries.size;
  const mishap = delivery === 1 ? MISHAPS[counter.name](turn) : 'none';
  record({ what: 'came', counter: counter.name, key, delivery });

  const reset = (applied) => {
    record({ what: 'reset', counter: counter.name, key, applied });
    request.socket.resetAndDestroy();
  };
  if (mishap === 'reset-before') return reset(false);
  const isAbandoned = () => hungUpAt !== undefined && performance.now() - hungUpAt > ABANDON_AFTER_MS;
  const ticket =
    counter.name === 'new'
      ? await workOnce(counter, key, title, turn)
      : await work(counter, key, title, turn, isAbandoned);
  if (mishap === 'reset-after') return reset(true);
  if (ticket === undefined) return;
  if (hungUpAt !== undefined) return record({ what: 'unheard', counter: counter.name, key });
  record({ what: 'answered', counter: counter.name, key });
  answer(response, 200, ticket);
}

function lookUp(reference, response) {
  const ticket = counters.old.tickets.get(reference);
  record({ what: 'asked', counter: 'old', key: reference, found: ticket !== undefined });
  answer(response, ticket ? 200 : 404, ticket ? { found: true, ticket } : { found: false });
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const server = http.createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://desk');
  const asked = /^\/old\/tickets\/([\w-]+)$/.exec(pathname);
  try {
    if (request.method === 'GET' && asked) lookUp(asked[1], response);
    else if (request.method === 'POST' && pathname === '/tickets') await open(counters.new, request, response);
    else if (request.method === 'POST' && pathname === '/old/tickets') await open(counters.old, request, response);
    else answer(response, 404, { error: 'no such counter' });
  } catch (fault) {
    // A sender that went away before its body was complete was never served.
    if (!response.destroyed) answer(response, 400, { error: String(fault.message) });
  }
});

process.stdin.resume().on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => record({ what: 'listening', port: server.address().port }));
