import type { StepDocument } from '@muster/domain';
import { CALM, type Mix } from './mix';
import type { Scenario } from './schedule';

/** A scenario, made small, in which the protocol once failed, or in which only one rule holds it. */
export interface Regression {
  /** What must not be again. */
  readonly name: string;
  /** Of mutants.ts: with this defect the scenario fails. */
  readonly mutant: string;
  readonly scenario: Scenario;
}

/**
 * Failing scenarios are kept as run.mjs prints them. Every change of the simulation gives the same numbers another
 * meaning: hence each is run with this many seeds beside its own, and one of them must still show what it is kept for.
 */
export const SEEDS_TRIED = 300;
export const SEED_STRIDE = 1_000_003;

export const REGRESSIONS: readonly Regression[] = [
  {
    name: 'a message that comes again after its run broke has the same sending leave twice',
    mutant: 'a process forgets what it sent when its run breaks',
    scenario: scenario(
      23,
      { turns: 22, unrest: 6, ringRepeated: 0.8, ringReordered: 0.31, replyLost: 0.2, contended: 0.3, longWait: 0.32 },
      [
        { id: 's0', tool: 'pay' },
        { id: 's1', tool: 'record', needs: ['s0'] },
      ],
    ),
  },
  {
    name: 'a forged message has a process forget what it sent, and send it again',
    mutant: 'a process forgets what it sent when another dispatch of the step comes to nothing',
    scenario: scenario(
      0,
      {
        ...{ turns: 150, unrest: 12, ringLost: 0.09, ringRepeated: 0.8, ringReordered: 0.92, ringForged: 0.8 },
        ...{ coordinatorKilled: 0.19, beatLost: 0.38, contended: 0.5, breakerOpen: 0.25, cancelled: 0.02 },
      },
      [
        { id: 's0', tool: 'pay' },
        { id: 's1', tool: 'pay' },
        { id: 's2', tool: 'book' },
      ],
    ),
  },
  {
    name: 'a person has a call sent again whose sender has come back with its answer',
    mutant: 'the word of a person outweighs an answer that came late',
    scenario: scenario(
      17_002_024,
      {
        ...{ turns: 138, unrest: 12, ringReordered: 0.9, ringForged: 0.13, verifierKilled: 0.12, paused: 0.8 },
        ...{ lockCut: 0.2, replyLost: 0.17, toolFault: 0.9, cancelled: 0.06, personHasty: 0.9, longWait: 0.4 },
      },
      [
        { id: 's1', tool: 'book', needs: ['s0'] },
        { id: 's0', tool: 'pay' },
      ],
    ),
  },
  {
    name: 'a step stays parked behind its window though a zombie has brought its answer',
    mutant: 'a late answer is dropped',
    scenario: scenario(
      751,
      { turns: 100, unrest: 12, ringRepeated: 0.21, paused: 0.5, lockCut: 0.2, beatLost: 0.31, longWait: 0.4 },
      [{ id: 's0', tool: 'pay' }],
    ),
  },
  {
    name: 'a resend that was dispatched in time is claimed after the window',
    mutant: 'a keyed call is sent again past its window',
    scenario: scenario(
      27_000_150,
      { turns: 20, unrest: 3, ringLost: 0.2, ringRepeated: 0.66, contended: 0.3, toolFault: 0.5, longWait: 0.4 },
      [{ id: 's0', tool: 'pay' }],
    ),
  },
  {
    name: 'a step takes one worker after the other with it',
    mutant: 'a step that kills its workers is never set aside',
    scenario: scenario(62_000_280, { turns: 121, unrest: 12, executorKilled: 0.8, toolFault: 0.4 }, [
      { id: 's1', tool: 'record' },
    ]),
  },
  {
    name: 'a spent budget fails a step whose call may still take effect',
    mutant: 'a step fails over a call of which nobody knows',
    scenario: scenario(
      39_001_458,
      { turns: 28, unrest: 6, executorKilled: 0.3, endUnseen: 0.5, lockCut: 0.23, toolFault: 0.9, effectLate: 0.8 },
      [
        { id: 's2', tool: 'read' },
        { id: 's0', tool: 'pay', forEach: 'input.few', maxParallel: 2 },
        { id: 's1', tool: 'ship', needs: ['s0'] },
      ],
      { toolCalls: 5 },
    ),
  },
  {
    name: 'a probe believes a sender to have ended whose end nobody saw',
    mutant: 'an end that nobody saw counts as an end',
    scenario: scenario(
      4_002_851,
      { turns: 43, unrest: 7, executorKilled: 0.3, endUnseen: 0.5, toolFault: 0.9, effectLate: 0.8, answerLost: 0.3 },
      [{ id: 's0', tool: 'book', forEach: 'input.few' }],
    ),
  },
];

function scenario(seed: number, mix: Partial<Mix>, steps: readonly StepDocument[], budget = {}): Scenario {
  return { seed, mix: { ...CALM, ...mix }, one: { document: { steps }, budget, deadlineMs: undefined } };
}
