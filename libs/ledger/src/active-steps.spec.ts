import { ActiveSteps } from './active-steps';

const RUN = [
  { id: 'a', epoch: 0 },
  { id: 'b', epoch: 0 },
];

describe('the steps a process works on', () => {
  it('are not taken a second time, nor is what stands behind them', () => {
    const active = new ActiveSteps();
    active.take([{ id: 'b', epoch: 0 }]);

    expect(active.take(RUN)).toEqual([{ id: 'a', epoch: 0 }]);
  });

  it('may be taken again when their run has come to its end', () => {
    const active = new ActiveSteps();
    active.take(RUN);
    active.noteSent({ stepId: 'a', epoch: 0 });
    active.end(RUN);

    expect(active.take(RUN)).toEqual(RUN);
  });

  it('may be taken again when their run broke before anything was sent', () => {
    const active = new ActiveSteps();
    active.take(RUN);
    active.leave(RUN);

    expect(active.take(RUN)).toEqual(RUN);
  });
});

describe('a dispatch that was sent by a run that broke before it could settle', () => {
  it('is never taken here again; the next dispatch is', () => {
    const active = new ActiveSteps();
    active.take(RUN);
    active.noteSent({ stepId: 'a', epoch: 0 });
    active.leave(RUN);

    expect(active.take(RUN)).toEqual([]);
    expect(active.take([{ id: 'a', epoch: 1 }])).toEqual([{ id: 'a', epoch: 1 }]);
  });

  it('is not forgotten when a forged message names a dispatch that there is not', () => {
    const active = new ActiveSteps();
    active.take(RUN);
    active.noteSent({ stepId: 'a', epoch: 0 });
    active.leave(RUN);

    active.end(active.take([{ id: 'a', epoch: 1 }]));

    expect(active.take(RUN)).toEqual([]);
  });
});
