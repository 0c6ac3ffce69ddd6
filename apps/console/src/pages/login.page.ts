import { html, type Markup } from './markup';

/** Asks for an API key. `next` is where the person wanted to go. */
export const loginPage = (next: string, refusal?: string): Markup => html`
<form class="login" method="post" action="/login">
<h1><i class="mark-dot"></i>Muster</h1>
<p class="muted">Sign in with an API key that may read tasks or operate the runtime.</p>
<input type="hidden" name="next" value="${next}">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="off" spellcheck="false" autofocus required maxlength="512">
${refusal && html`<p class="refusal" role="alert">${refusal}</p>`}
<button>Sign in</button>
<p class="muted small">The embedded profile writes its development key to <code>.muster/connection.json</code>.</p>
</form>`;

/** A page for what went wrong, in one sentence and what to do next. */
export const problemPage = (title: string, remedy: string): Markup => html`
<section class="problem"><h1>${title}</h1><p class="muted">${remedy}</p><p><a href="/">Back to the overview</a></p></section>`;
