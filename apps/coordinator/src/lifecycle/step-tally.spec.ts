import { countSteps, StepTally } from './step-tally';

describe('the tally of a task’s steps', () => {
  it('follows them from state to state, and leaves out where none is', () => {
    const tally = new StepTally(countSteps([{ state: 'pending' }, { state: 'pending' }, { state: 'dispatched' }]));

    tally.move('dispatched', 'succeeded');
    tally.move('pending', 'dispatched');
    tally.add('pending');

    expect(tally.counts).toEqual({ pending: 2, dispatched: 1, succeeded: 1 });
  });

  it('is closed as the commit closes steps: what has not ended is cancelled', () => {
    const tally = new StepTally({ pending: 5, parked: 1, succeeded: 3, cancelled: 2 });

    tally.close();

    expect(tally.counts).toEqual({ succeeded: 3, cancelled: 8 });
  });
});
