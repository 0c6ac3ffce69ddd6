import { sha256Hex } from '@muster/domain';
import { CONSOLE_CSS } from './console.css';
import { LIVE_JS } from './live.js';

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5" fill="none" stroke="#2a5bd7" stroke-width="4"/></svg>`;

export interface Asset {
  readonly type: string;
  readonly content: string;
}

export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['console.css', { type: 'text/css; charset=utf-8', content: CONSOLE_CSS }],
  ['live.js', { type: 'text/javascript; charset=utf-8', content: LIVE_JS }],
  ['muster.svg', { type: 'image/svg+xml', content: ICON }],
]);

/** Part of every asset's address, so that browsers may keep them for ever and still see a new release at once. */
export const ASSET_VERSION = sha256Hex(CONSOLE_CSS + LIVE_JS + ICON).slice(0, 12);
