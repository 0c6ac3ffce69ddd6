import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject, TaskRequest } from '@muster/client';
import { parse } from 'yaml';
import { UsageFault } from './usage.fault';

/** A YAML or JSON object from a file, or from standard input where the name is `-`. */
export function readDocument(file: string, cwd: string): JsonObject {
  const value = parsed(file, textOf(file, cwd));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new UsageFault(`${file} holds no object.`);
}

function textOf(file: string, cwd: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageFault(missing ? `There is no file ${file}.` : `${file} cannot be read: ${(cause as Error).message}`);
  }
}

// JSON is YAML too, and YAML's messages name line and column for both.
function parsed(file: string, text: string): unknown {
  try {
    return parse(text, { prettyErrors: true });
  } catch (cause) {
    throw new UsageFault(
      `${file} cannot be understood: ${cause instanceof Error ? cause.message.trimEnd() : String(cause)}`,
    );
  }
}

/** A file may hold the body of a submission, or a bare plan, known by its `steps`. */
export function taskRequestFrom(document: JsonObject, file: string): TaskRequest {
  if ('plan' in document || 'goal' in document || 'skill' in document) return document as TaskRequest;
  if ('steps' in document) return { plan: document as unknown as TaskRequest['plan'] };
  throw new UsageFault(`${file} is neither a task (it has no plan, goal or skill) nor a plan (it has no steps).`);
}
