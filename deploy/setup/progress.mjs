/** Runs `work` and says afterwards, in a line on stderr, what it did and how long that took; nothing when it answers nothing. */
export async function timed(did, work, { before } = {}) {
  if (before) console.error(`${before} …`);
  const began = performance.now();
  const what = await work();
  if (what) console.error(`${did} ${what} in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}
