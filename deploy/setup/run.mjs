import { spawn } from 'node:child_process';

/** Runs a program quietly; rejects with its last lines when it fails. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.once('close', (code) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) resolve(text);
      else
        reject(
          new Error(
            `${program} ${args.join(' ')} ended with ${code}:\n${text.trimEnd().split('\n').slice(-20).join('\n')}`,
          ),
        );
    });
  });
}
