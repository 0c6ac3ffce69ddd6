import { SUB_PLAN } from './agent/agent-call';
import { checkExpression } from './expression/expression';
import { checkTemplate } from './expression/template';
import type { JsonValue } from './json';
import { schemaFault } from './json-schema';
import { LIMITS } from './limits';
import type { Problem } from './plan/plan';
import type { McpTransport, ProbeContract, ToolContract, Transport } from './tool-contract';

/** Names of tools, agents and skills. */
export const isToolName = (name: string): boolean =>
  name.length <= LIMITS.NAME_LENGTH_MAX && /^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name);

/** What stands in a probe's address for the operation it asks about. */
export const OPERATION_PLACEHOLDER = '{operationId}';

/** Everything wrong with a contract that the shape of its fields does not show. Empty: it may be registered. */
export function checkContract(contract: ToolContract, pointerBase = ''): Problem[] {
  const problems = [
    ...nameProblems(contract),
    ...effectProblems(contract),
    ...transportProblems(contract.transport),
    ...absenceProblems(contract),
    ...endProblems(contract),
    ...schemaProblems('/input', contract.input),
    ...schemaProblems('/output', contract.output),
    ...definiteProblems(contract),
    ...(contract.probe ? probeProblems(contract.probe) : []),
    ...compensationProblems(contract),
    ...writesProblems(contract),
    ...retryProblems(contract),
  ];
  return problems.map((problem) => ({ ...problem, pointer: pointerBase + problem.pointer }));
}

const problem = (pointer: string, code: string, message: string): Problem => ({ pointer, code, message });

const NAME_RULE = `A name is lower-case letters and digits, parted by '.', '_' or '-', at most ${LIMITS.NAME_LENGTH_MAX} characters.`;

/** What is wrong with the name of a tool or an agent. */
export function nameProblems({ name }: { readonly name: string }): Problem[] {
  if (!isToolName(name)) return [problem('/name', 'bad_name', NAME_RULE)];
  if (name !== SUB_PLAN) return [];
  return [problem('/name', 'reserved_name', `'${name}' is what models call to return a plan. Choose another name.`)];
}

function effectProblems({ effect, dedupeWindowMs, probe }: ToolContract): Problem[] {
  if (effect === 'keyed' && !isPositive(dedupeWindowMs)) {
    const message = 'A keyed tool says how long it refuses duplicates: dedupeWindowMs, above 0.';
    return [problem('/dedupeWindowMs', 'required', message)];
  }
  if (effect === 'probed' && !probe) {
    return [problem('/probe', 'required', 'A probed tool says how to ask whether an operation happened.')];
  }
  return [];
}

const isPositive = (value: number | undefined): boolean => value !== undefined && Number.isFinite(value) && value > 0;

function transportProblems(transport: Transport): Problem[] {
  switch (transport.type) {
    case 'http':
      return isHttpUrl(transport.url) ? [] : [problem('/transport/url', 'bad_url', URL_RULE)];
    case 'process':
      return argvProblems(transport.argv);
    case 'builtin':
      return transport.name === '' ? [problem('/transport/name', 'required', 'Name the adapter.')] : [];
    case 'mcp':
      return mcpProblems(transport);
    case 'function':
      return transport.name === undefined || isToolName(transport.name)
        ? []
        : [problem('/transport/name', 'bad_name', NAME_RULE)];
    // A model is refused with the unknown ones: it is called under an agent's budget, and a tool would go around that.
    default:
      return [
        problem('/transport/type', 'unknown_transport', 'A transport is http, process, builtin, mcp or function.'),
      ];
  }
}

const SHA256_HEX = /^[0-9a-f]{64}$/;
const PIN_RULE = 'The SHA-256 of the schema as the server lists it, in lower-case hex: `muster mcp import` writes it.';

function mcpProblems({ server, tool, pin }: McpTransport): Problem[] {
  return [
    ...(server === '' ? [problem('/transport/server', 'required', 'Name a server of MCP_SERVERS.')] : []),
    ...(tool === '' ? [problem('/transport/tool', 'required', 'Name the tool as its server does.')] : []),
    ...(SHA256_HEX.test(pin.input) ? [] : [problem('/transport/pin/input', 'bad_pin', PIN_RULE)]),
    ...(pin.output === undefined || SHA256_HEX.test(pin.output)
      ? []
      : [problem('/transport/pin/output', 'bad_pin', PIN_RULE)]),
  ];
}

/** The connection to an MCP server outlives its calls, and closing one says by the protocol nothing about the work. */
function absenceProblems({ transport, probe }: ToolContract): Problem[] {
  if (transport.type !== 'mcp' || probe?.absentAfterMs === undefined) return [];
  const message = 'A call of an MCP server cannot be ended for certain: it may take effect at any later time.';
  return [problem('/probe/absentAfterMs', 'no_end', message)];
}

/** Nobody can end a function: once its time is up it may go on unseen, and nothing it writes is committed with its answer. */
function endProblems({ transport, effect }: ToolContract): Problem[] {
  if (transport.type !== 'function') return [];
  if (effect === 'probed') {
    const message =
      "A function may go on after its time is up, so a probe's 'absent' proves nothing: let it be keyed or opaque, or put it behind http.";
    return [problem('/effect', 'no_end', message)];
  }
  if (effect === 'transactional') {
    const message = "Only a builtin's effect is committed with its answer: let the function be keyed or opaque.";
    return [problem('/effect', 'not_transactional', message)];
  }
  return [];
}

const URL_RULE = 'An absolute address with http or https and without a password.';

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

function argvProblems(argv: readonly string[]): Problem[] {
  if (argv.length === 0) return [problem('/transport/argv', 'required', 'Name the program first, then its arguments.')];
  if (argv[0] === '') return [problem('/transport/argv/0', 'required', 'Name the program.')];
  return argv.flatMap((text, i) =>
    text.includes('\0') ? [problem(`/transport/argv/${i}`, 'bad_argument', 'An argument has no NUL character.')] : [],
  );
}

function schemaProblems(pointer: string, schema: JsonValue): Problem[] {
  const fault = schemaFault(schema);
  return fault === undefined ? [] : [problem(pointer, 'bad_schema', `Not a JSON Schema (2020-12): ${fault}`)];
}

function definiteProblems({ definite, effect }: ToolContract): Problem[] {
  const rejected = definite?.rejected ?? [];
  const notDone = definite?.notDone ?? [];
  return [
    ...statusProblems('/definite/rejected', rejected, effect === 'keyed'),
    ...statusProblems('/definite/notDone', notDone, effect === 'keyed'),
    ...notDone.flatMap((status, i) =>
      rejected.includes(status)
        ? [
            problem(
              `/definite/notDone/${i}`,
              'contradiction',
              `${status} is also in 'rejected'; it is one or the other.`,
            ),
          ]
        : [],
    ),
  ];
}

const CONFLICT = 409;

function statusProblems(pointer: string, statuses: readonly number[], isKeyed: boolean): Problem[] {
  return statuses.flatMap((status, i) => {
    const at = `${pointer}/${i}`;
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      return [problem(at, 'bad_status', 'Only a status from 400 to 599 can say that nothing was done.')];
    }
    // A keyed tool answers 409 also while the first sending is still at work: then everything may yet be done.
    return isKeyed && status === CONFLICT
      ? [problem(at, 'in_progress', "409 from a keyed tool can mean 'in progress', which is no definite answer.")]
      : [];
  });
}

function probeProblems(probe: ProbeContract): Problem[] {
  const problems: Problem[] = [];
  if (!isHttpUrl(probe.url.replaceAll(OPERATION_PLACEHOLDER, 'op'))) {
    problems.push(problem('/probe/url', 'bad_url', URL_RULE));
  } else if (!probe.url.includes(OPERATION_PLACEHOLDER)) {
    problems.push(
      problem('/probe/url', 'no_operation', `The address names the operation as ${OPERATION_PLACEHOLDER}.`),
    );
  }
  problems.push(...probeExpressionProblems('/probe/happened', probe.happened));
  if (probe.output !== undefined) problems.push(...probeExpressionProblems('/probe/output', probe.output));
  return problems;
}

function probeExpressionProblems(pointer: string, expression: string): Problem[] {
  const checked = checkExpression(expression, ['response']);
  return checked.ok ? [] : [problem(pointer, 'bad_expression', checked.message)];
}

function compensationProblems({ compensate }: ToolContract): Problem[] {
  if (!compensate) return [];
  const { problems } = checkTemplate(compensate.input, ['input', 'output'], '/compensate/input');
  return isToolName(compensate.tool)
    ? [...problems]
    : [problem('/compensate/tool', 'bad_name', NAME_RULE), ...problems];
}

function writesProblems({ writes = [], effect }: ToolContract): Problem[] {
  if (effect === 'none' && writes.length > 0) {
    return [problem('/writes', 'contradiction', "A tool of class 'none' changes nothing; this says what it changes.")];
  }
  return [...checkTemplate([...writes], ['input'], '/writes').problems];
}

function retryProblems({ retry }: ToolContract): Problem[] {
  const { backoffMs, maxBackoffMs } = retry ?? {};
  if (backoffMs === undefined || maxBackoffMs === undefined || backoffMs <= maxBackoffMs) return [];
  return [problem('/retry/maxBackoffMs', 'contradiction', 'maxBackoffMs is below backoffMs.')];
}
