import { ASSET_VERSION } from './assets';
import { html, type Markup } from './markup';

export interface Frame {
  readonly title: string;
  readonly here: 'overview' | 'tasks' | 'queues' | 'login';
  readonly nonce: string;
  /** Who looks; absent on the page that asks. */
  readonly viewer?: { readonly label: string; readonly tenantId: string; readonly mayOperate: boolean };
}

/** The whole page around `main`. The script refreshes `main` alone, so it must stay the only part that changes. */
export function page(frame: Frame, main: Markup): string {
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${frame.title} · Muster</title>
<link rel="icon" href="/assets/${ASSET_VERSION}/muster.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/${ASSET_VERSION}/console.css">
<script nonce="${frame.nonce}" src="/assets/${ASSET_VERSION}/live.js" defer></script>
</head>
<body>
${header(frame)}
<main${frame.viewer ? html` data-live` : ''}>${main}</main>
</body>
</html>
`;
  return markup.text;
}

function header(frame: Frame): Markup {
  if (!frame.viewer) return html``;
  const link = (href: string, name: Frame['here'], text: string): Markup =>
    html`<a href="${href}"${frame.here === name ? html` aria-current="page"` : ''}>${text}</a>`;
  return html`<header>
<a class="mark" href="/"><i></i>Muster</a>
<nav>${link('/', 'overview', 'Overview')}${link('/tasks', 'tasks', 'Tasks')}${frame.viewer.mayOperate && link('/queues/', 'queues', 'Queues')}</nav>
<span class="stale" hidden>not reachable, showing what was last seen</span>
<form method="post" action="/logout"><span class="muted">${frame.viewer.label} · ${frame.viewer.tenantId}</span><button class="quiet">Sign out</button></form>
</header>`;
}
