import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Fault, isJsonObject, type JsonObject, type JsonValue } from '@muster/domain';

/** A server that is started here and spoken to over its standard input and output. */
export interface StdioServer {
  readonly kind: 'stdio';
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Beside PATH, HOME and their kind, which every server gets. */
  readonly env: Readonly<Record<string, string>>;
}
/** A server that runs elsewhere: streamable HTTP. */
export interface HttpServer {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
export type McpServer = StdioServer | HttpServer;
export type McpServers = ReadonlyMap<string, McpServer>;

export class McpServersFault extends Fault {
  readonly code = 'MCP_SERVERS_INVALID';
  readonly retryable = false;
  constructor(what: string) {
    super(`MCP_SERVERS cannot be used: ${what}.`, 'docs/mcp.md shows what it looks like.');
  }
}

const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*$/;
const MEMBERS = { stdio: ['command', 'cwd', 'env'], http: ['url', 'headers'] } as const;

/**
 * Reads the operator's servers: JSON, or the path of a file that holds it; nothing where nothing is set. `${NAME}` in a
 * value of `env` or `headers` stands for that variable of `variables`, so that no secret need lie in the file. Throws
 * McpServersFault: a server that is configured wrongly is found at the start and not at the first call.
 */
export function readMcpServers(setting: string | undefined, variables: NodeJS.ProcessEnv = process.env): McpServers {
  if (setting === undefined || setting.trim() === '') return new Map();
  const text = setting.trimStart().startsWith('{') ? setting : textOf(setting);
  const servers = Object.entries(parsed(text)).map(
    ([name, entry]) => [name, serverOf(name, entry, variables)] as const,
  );
  return new Map(servers);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new McpServersFault(`the file ${path} cannot be read (${(error as Error).message})`);
  }
}

function parsed(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new McpServersFault(`it is no JSON (${(error as Error).message})`);
  }
  if (!isJsonObject(value)) throw new McpServersFault('it is no object whose members are servers');
  return value;
}

function serverOf(name: string, entry: JsonValue | undefined, variables: NodeJS.ProcessEnv): McpServer {
  if (!NAME.test(name)) throw new McpServersFault(`${JSON.stringify(name)} is no name of a server`);
  if (!isJsonObject(entry)) throw new McpServersFault(`${name} is no object`);
  const kind = 'url' in entry ? 'http' : 'stdio';
  const stranger = Object.keys(entry).find((member) => !(MEMBERS[kind] as readonly string[]).includes(member));
  if (stranger !== undefined) throw new McpServersFault(`${name} has a member ${JSON.stringify(stranger)} too many`);
  return kind === 'http' ? httpServer(name, entry, variables) : stdioServer(name, entry, variables);
}

function stdioServer(name: string, { command, cwd, env }: JsonObject, variables: NodeJS.ProcessEnv): StdioServer {
  if (!isTexts(command) || command.length === 0 || command[0] === '')
    throw new McpServersFault(`${name}.command is no list of texts that begins with a program`);
  if (cwd !== undefined && !(typeof cwd === 'string' && isAbsolute(cwd)))
    throw new McpServersFault(`${name}.cwd is no absolute path`);
  return { kind: 'stdio', command, ...(cwd === undefined ? {} : { cwd }), env: texts(`${name}.env`, env, variables) };
}

function httpServer(name: string, { url, headers }: JsonObject, variables: NodeJS.ProcessEnv): HttpServer {
  const address = typeof url === 'string' ? URL.parse(url) : null;
  if (!address || !/^https?:$/.test(address.protocol) || address.username !== '' || address.password !== '')
    throw new McpServersFault(`${name}.url is no address with http or https and without a password`);
  return { kind: 'http', url: address.href, headers: texts(`${name}.headers`, headers, variables) };
}

const isTexts = (value: JsonValue | undefined): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes('\0'));

function texts(
  where: string,
  value: JsonValue | undefined,
  variables: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw new McpServersFault(`${where} is no object`);
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, expanded(`${where}.${name}`, text, variables)]),
  );
}

function expanded(where: string, text: JsonValue | undefined, variables: NodeJS.ProcessEnv): string {
  if (typeof text !== 'string') throw new McpServersFault(`${where} is no text`);
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => {
    const found = variables[name];
    if (found === undefined) throw new McpServersFault(`${where} names the variable ${name}, which is not set`);
    return found;
  });
}
