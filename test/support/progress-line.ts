/** What a long run is at: in place on a terminal, one line after the other in a file. */
export function progressLine(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
}
