import { BoundedCache } from '../bounded-cache';
import { ExpressionError } from './expression-error';
import type { CharacterSet, PatternNode } from './pattern-syntax';
import { isWordCharacter, PatternParser } from './pattern-syntax';

// The engine of the platform backtracks: a pattern of ten characters can keep it busy for years. CEL asks for one that
// is linear, so patterns run here as sets of states: text length times pattern length, and no more.

type Assertion = 'start' | 'end' | 'boundary' | 'inside';
type Instruction =
  | { readonly kind: 'one'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'split'; readonly first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'match' };

const INSTRUCTIONS_MAX = 2_000;
const PROGRAMS_MAX = 256;
/** Steps of the simulation that cost as much as one node of an expression. */
const STEPS_PER_COST = 8;

const programs = new BoundedCache<string, readonly Instruction[]>(PROGRAMS_MAX);

/** Throws an ExpressionError that says what is wrong with a pattern. */
export function checkPattern(pattern: string): void {
  programOf(pattern);
}

/** Whether the pattern is found anywhere in the text. `charge` is told the work before it is done. */
export function matchesPattern(text: string, pattern: string, charge: (cost: number) => void): boolean {
  const program = programOf(pattern);
  charge(Math.ceil(((text.length + 1) * program.length) / STEPS_PER_COST));
  return new Simulation(program, text).run();
}

const programOf = (pattern: string): readonly Instruction[] =>
  programs.get(pattern, () => compile(new PatternParser(pattern).parse()));

function compile(node: PatternNode): readonly Instruction[] {
  const program: Instruction[] = [];
  emit(program, node);
  program.push({ kind: 'match' });
  return program;
}

function push<I extends Instruction>(program: Instruction[], instruction: I): I {
  if (program.length >= INSTRUCTIONS_MAX) throw new ExpressionError('The pattern of matches() is too large.');
  program.push(instruction);
  return instruction;
}

function emit(program: Instruction[], node: PatternNode): void {
  switch (node.kind) {
    case 'one':
      push(program, node);
      return;
    case 'sequence':
      for (const part of node.parts) emit(program, part);
      return;
    case 'choice':
      emitChoice(program, node.parts);
      return;
    case 'times':
      emitTimes(program, node);
      return;
    default:
      push(program, { kind: 'assert', assertion: node.kind });
  }
}

function emitChoice(program: Instruction[], parts: readonly PatternNode[]): void {
  const ends: { to: number }[] = [];
  parts.forEach((part, index) => {
    const isLast = index === parts.length - 1;
    const split = isLast ? undefined : push(program, { kind: 'split', first: program.length + 1, second: 0 });
    emit(program, part);
    if (split === undefined) return;
    ends.push(push(program, { kind: 'jump', to: 0 }));
    split.second = program.length;
  });
  for (const end of ends) end.to = program.length;
}

function emitTimes(program: Instruction[], { part, min, max }: PatternNode & { kind: 'times' }): void {
  const before = program.length;
  for (let i = 0; i < min; i++) {
    emit(program, part);
    // Nothing, however often, is nothing: repeats of it could nest to billions without ever reaching a limit.
    if (program.length === before) return;
  }
  if (max === Infinity) emitLoop(program, part);
  else emitOptions(program, part, max - min);
}

function emitOptions(program: Instruction[], part: PatternNode, count: number): void {
  const splits = [];
  for (let i = 0; i < count; i++) {
    splits.push(push(program, { kind: 'split', first: program.length + 1, second: 0 }));
    emit(program, part);
  }
  for (const split of splits) split.second = program.length;
}

function emitLoop(program: Instruction[], part: PatternNode): void {
  const start = program.length;
  const split = push(program, { kind: 'split', first: start + 1, second: 0 });
  emit(program, part);
  push(program, { kind: 'jump', to: start });
  split.second = program.length;
}

class Simulation {
  private readonly codePoints: readonly number[];
  private states: number[] = [];
  /** At which position an instruction was last entered; keeps loops that match nothing from turning for ever. */
  private readonly entered: Int32Array;

  constructor(
    private readonly program: readonly Instruction[],
    text: string,
  ) {
    this.codePoints = Array.from(text, (character) => character.codePointAt(0)!);
    this.entered = new Int32Array(program.length).fill(-1);
  }

  run(): boolean {
    for (let position = 0; position <= this.codePoints.length; position++) {
      if (this.enter(0, position)) return true;
      if (position < this.codePoints.length && this.step(position)) return true;
    }
    return false;
  }

  /** Reads the character at `position`; true where a match ends behind it. */
  private step(position: number): boolean {
    const before = this.states;
    this.states = [];
    const codePoint = this.codePoints[position]!;
    for (const state of before) {
      const instruction = this.program[state]!;
      if (instruction.kind === 'one' && instruction.set(codePoint) && this.enter(state + 1, position + 1)) return true;
    }
    return false;
  }

  /** Follows everything that reads no character; true where that leads to a match. */
  private enter(from: number, position: number): boolean {
    const open = [from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (this.entered[state] === position) continue;
      this.entered[state] = position;
      const instruction = this.program[state]!;
      if (instruction.kind === 'match') return true;
      if (instruction.kind === 'one') this.states.push(state);
      else open.push(...this.after(instruction, state, position));
    }
    return false;
  }

  private after(instruction: Instruction, state: number, position: number): readonly number[] {
    switch (instruction.kind) {
      case 'split':
        return [instruction.second, instruction.first];
      case 'jump':
        return [instruction.to];
      case 'assert':
        return this.holds(instruction.assertion, position) ? [state + 1] : [];
      default:
        return [];
    }
  }

  private holds(assertion: Assertion, position: number): boolean {
    if (assertion === 'start') return position === 0;
    if (assertion === 'end') return position === this.codePoints.length;
    const isBoundary = this.isWordAt(position - 1) !== this.isWordAt(position);
    return isBoundary === (assertion === 'boundary');
  }

  private isWordAt(position: number): boolean {
    const codePoint = this.codePoints[position];
    return codePoint !== undefined && isWordCharacter(codePoint);
  }
}
