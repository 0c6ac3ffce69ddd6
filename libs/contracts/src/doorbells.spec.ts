import { LIMITS, newUuid } from '@muster/domain';
import { validateSync } from 'class-validator';
import { CoordinatorDoorbell, ExecutorDoorbell, VerifierDoorbell } from './doorbells';

const id = newUuid();
const problemsOf = (type: new () => object, data: object): string[] =>
  validateSync(Object.assign(new type(), data), { whitelist: true, forbidUnknownValues: true }).map(
    ({ property }) => property,
  );

describe('a doorbell', () => {
  it.each([
    [
      ExecutorDoorbell,
      {
        steps: [
          { id, epoch: 0 },
          { id, epoch: 3, after: true },
        ],
      },
    ],
    [ExecutorDoorbell, { steps: [] }],
    [VerifierDoorbell, { tasks: [{ id, round: 1 }], operations: [id] }],
    [CoordinatorDoorbell, { steps: [id, id.toUpperCase()], workers: [id] }],
    [CoordinatorDoorbell, {}],
  ])('passes: %p %j', (type, data) => {
    expect(problemsOf(type, data)).toEqual([]);
  });

  it.each([
    [ExecutorDoorbell, {}],
    [ExecutorDoorbell, { steps: id }],
    [ExecutorDoorbell, { steps: [id] }],
    [ExecutorDoorbell, { steps: [null] }],
    [ExecutorDoorbell, { steps: [{ id: 'step', epoch: 0 }] }],
    [ExecutorDoorbell, { steps: [{ id, epoch: -1 }] }],
    [ExecutorDoorbell, { steps: [{ id, epoch: '0' }] }],
    [ExecutorDoorbell, { steps: [{ id, epoch: 0, after: 1 }] }],
    [VerifierDoorbell, { steps: [{ id }] }],
    [VerifierDoorbell, { tasks: [{ id, round: 1.5 }] }],
    [CoordinatorDoorbell, { steps: [`${id}' or true`] }],
    [CoordinatorDoorbell, { tasks: [[id]] }],
    [CoordinatorDoorbell, { workers: Array.from({ length: LIMITS.DOORBELL_ITEMS_MAX + 1 }, () => id) }],
  ])('is refused for one member: %p %j', (type, data) => {
    expect(problemsOf(type, data)).toHaveLength(1);
  });
});
