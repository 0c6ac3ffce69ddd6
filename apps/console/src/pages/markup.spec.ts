import { html } from './markup';

describe('a page made of what strangers wrote', () => {
  it('shows markup as text, between tags and inside attributes', () => {
    const label = `"><script>alert('x')</script>`;

    const shown = html`<p title="${label}">${label}</p>`.text;

    const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;';
    expect(shown).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  it('keeps what is its own work, in lists too, and shows nothing for nothing', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);

    expect(html`<ul>${items}${false}${null}${undefined}${0}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });
});
