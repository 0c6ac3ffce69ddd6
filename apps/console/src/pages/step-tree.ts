import { showId } from '@muster/domain';
import type { EvidenceRow, OperationRow, SendingRow, StepRow, TaskView, VerdictRow } from '../readers/task.view';
import { html, type Markup } from './markup';
import { clock, plural, shortId, span, state } from './parts';
import { readable } from './redact';
import { attemptsOf, failureOf, waitsFor } from './sentences';
import { type Moment, timelineOf } from './timeline';
import { findings } from './verdict';

/** Steps in plan order, the items of a `forEach` under it; each opens to what was sent for it and what came of that. */
export function stepTree(view: TaskView, now: Date): Markup {
  const operations = groupBy(view.operations, (operation) => operation.step_id);
  const sendings = groupBy(view.sendings, (sending) => sending.operation_id);
  const evidence = groupBy(view.evidence, (one) => one.operation_id);
  const verdicts = groupBy(view.verdicts, (verdict) => verdict.step_id);
  return html`<div class="tree">${view.steps.map((step) => {
    const own = operations.get(step.id) ?? [];
    return stepNode(step, own, verdicts.get(step.id) ?? [], now, (id) => ({
      sendings: sendings.get(id) ?? [],
      evidence: evidence.get(id) ?? [],
    }));
  })}</div>`;
}

function groupBy<T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

type HistoryOf = (operationId: string) => {
  readonly sendings: readonly SendingRow[];
  readonly evidence: readonly EvidenceRow[];
};

function stepNode(
  step: StepRow,
  operations: readonly OperationRow[],
  verdicts: readonly VerdictRow[],
  now: Date,
  historyOf: HistoryOf,
): Markup {
  const shown = shownState(step, operations, verdicts);
  const failure = failureOf(step.failure);
  const why = failure?.message || waitsFor(step.condition, step.waiting_on, now);
  return html`<details class="step${step.parent_id && ' item'}" id="${showId('step', step.id)}"${step.state === 'parked' && html` open`}>
<summary><i class="dot state-${shown}"></i><span class="key">${step.key}</span><span class="tool muted">${step.tool}</span>
<span class="name">${shown}</span><span class="why">${why}</span>
<span class="muted right nowrap">${sent(operations)}</span><span class="number right nowrap">${took(step, now)}</span></summary>
<div class="inside">
<dl class="facts">
<div><dt>Step</dt><dd>${shortId('step', step.id)}</dd></div>
<div><dt>Epoch</dt><dd class="number">${step.epoch}</dd></div>
<div><dt>Lane</dt><dd>${step.lane}</dd></div>
<div><dt>Started</dt><dd>${clock(step.started_at)}</dd></div>
<div><dt>Ended</dt><dd>${clock(step.finished_at)}</dd></div>
${attemptsOf(step.attempts) && html`<div><dt>Attempts</dt><dd>${attemptsOf(step.attempts)}</dd></div>`}
</dl>
${failure && html`<p class="failure"><b>${failure.reason}</b> ${failure.message}</p>`}
${step.state === 'parked' && step.operation_id && wayOut(step.tool, step.operation_id)}
${operations.map((operation) => operationNode(operation, historyOf))}
${verdicts.map((verdict) => html`<article class="verdict"><p>${state(verdict.passed ? 'passed' : 'refuted')} <span class="muted">verdict of round ${verdict.round}, ${clock(verdict.at)}</span> ${verdict.message}</p>${findings(verdict.findings)}</article>`)}
${operations.length === 0 && html`<p class="muted">Nothing was sent for this step.</p>`}
</div></details>`;
}

/** Sent is executed, and only what the verifier passed in this round is verified: the page never blurs the two. */
function shownState(step: StepRow, operations: readonly OperationRow[], verdicts: readonly VerdictRow[]): string {
  const isSent = operations.some((one) => one.state === 'sent' && one.epoch === step.epoch);
  if (step.state === 'dispatched' && isSent) return 'executing';
  const isPassed = verdicts.some((one) => one.passed && one.round === step.epoch);
  return step.state === 'succeeded' && isPassed ? 'verified' : step.state;
}

/** What the person who is waited for can do; the console itself changes nothing. */
function wayOut(tool: string, operationId: string): Markup {
  const id = showId('operation', operationId);
  return html`<div class="way-out"><p>Look at <b>${tool}</b> whether this operation took effect: its id went along as the Idempotency-Key. Then say so, once:</p>
<pre>npm run -s muster -- resolve ${id} happened --reason WHY --evidence WHAT_YOU_SAW
npm run -s muster -- resolve ${id} absent   --reason WHY --evidence WHAT_YOU_SAW</pre>
<p class="muted"><i>happened</i> goes on with what was done, <i>absent</i> sends it once more. Over HTTP: <code>POST /v1/operations/${id}/resolve</code></p></div>`;
}

const sent = (operations: readonly OperationRow[]): string => {
  const sendings = operations.reduce((sum, operation) => sum + operation.sending, 0);
  return sendings > 1 ? plural(sendings, 'sending') : '';
};

function took(step: StepRow, now: Date): string {
  if (!step.started_at) return '';
  return span((step.finished_at ?? now).getTime() - step.started_at.getTime());
}

function operationNode(operation: OperationRow, historyOf: HistoryOf): Markup {
  const { sendings, evidence } = historyOf(operation.id);
  const id = showId('operation', operation.id);
  return html`<article class="operation">
<h4><code>${id}</code> ${state(operation.state)} <span class="tag">${operation.effect}</span>${operation.doubt > 0 && html` <span class="tag warn">${plural(operation.doubt, 'earlier sending')} in doubt</span>`}</h4>
<ol class="timeline">${timelineOf(operation, sendings, evidence).map(moment)}</ol>
<details class="body" id="${id}-request"><summary>Request <span class="muted">${operation.request_size.toLocaleString('en')} bytes, sha256 ${operation.request_hash.slice(0, 12)}</span></summary><pre>${readable(operation.request, operation.request_size)}</pre></details>
${operation.response && html`<details class="body" id="${id}-response"><summary>Answer <span class="muted">${(operation.response_size ?? 0).toLocaleString('en')} bytes</span></summary><pre>${readable(operation.response, operation.response_size ?? 0)}</pre></details>`}
</article>`;
}

const moment = (one: Moment): Markup =>
  html`<li><i class="dot state-${one.colour}"></i><span class="number">${clock(one.at)}</span> <span>${one.text}</span>${one.worker && html` <span class="muted">${shortId('worker', one.worker)}</span>`}</li>`;
