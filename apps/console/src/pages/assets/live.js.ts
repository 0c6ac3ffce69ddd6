/**
 * Keeps a page fresh: asks for the same page again and puts its `main` in place, with whatever was opened still open.
 * It leaves the page alone while somebody selects text or the tab is hidden, and asks less often of a slow database.
 */
export const LIVE_JS = `
'use strict';
(() => {
  const EVERY_MS = 2000, SLOWEST_MS = 30000;
  const main = document.querySelector('main[data-live]');
  if (!main) return;
  const stale = document.querySelector('.stale');
  let version = null, failures = 0;

  const busy = () => document.hidden || !(getSelection()?.isCollapsed ?? true);

  function replace(markup) {
    const open = new Set([...main.querySelectorAll('details[open]')].map((one) => one.id));
    main.innerHTML = markup;
    for (const one of main.querySelectorAll('details[id]')) one.open = open.has(one.id);
  }

  async function refresh() {
    const headers = { 'Muster-Fragment': 'main', ...(version && { 'If-None-Match': version }) };
    const answer = await fetch(location.href, { headers, redirect: 'manual', signal: AbortSignal.timeout(10000) });
    if (answer.type === 'opaqueredirect' || answer.status === 401) return location.reload();
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    failures = 0;
    stale.hidden = true;
    if (answer.status === 304) return;
    const markup = await answer.text();
    if (busy()) return;
    version = answer.headers.get('etag');
    replace(markup);
  }

  async function tick() {
    const began = performance.now();
    if (!busy()) await refresh().catch(() => { stale.hidden = ++failures < 2; });
    setTimeout(tick, Math.min(SLOWEST_MS, Math.max(EVERY_MS, 10 * (performance.now() - began))));
  }

  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) { named.open = true; named.scrollIntoView(); }
  setTimeout(tick, EVERY_MS);
})();
`;
