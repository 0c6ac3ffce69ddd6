#!/usr/bin/env node
// A tool of transport `process`: JSON in on standard input, JSON out on standard output, and not a line of Muster.
//
//   in   { "authors": [{ "author", "areas": [{ "area", "commits" }] }], "top" }
//   out  { "items": [{ "author", "area", "commits" }] }    the `top` pairs with the most commits, most first
import { readFileSync } from 'node:fs';

const { authors, top } = JSON.parse(readFileSync(0, 'utf8'));

/** Equals in a fixed order, so that the same history gives the same bytes on every machine. */
const byCommits = (a, b) => b.commits - a.commits || compare(a.author, b.author) || compare(a.area, b.area);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const pairs = authors.flatMap(({ author, areas }) => areas.map(({ area, commits }) => ({ author, area, commits })));
process.stdout.write(JSON.stringify({ items: pairs.sort(byCommits).slice(0, top) }));
