import { readable } from './redact';

const bytes = (text: string) => Buffer.from(text);

describe('a body on a page', () => {
  it('hides what is named like a secret, at any depth', () => {
    const text = JSON.stringify({ user: 'ada', auth: { apiKey: 'k', accessToken: 't', nested: [{ password: 'p' }] } });

    const shown = JSON.parse(readable(bytes(text), text.length));

    expect(shown).toEqual({
      user: 'ada',
      auth: { apiKey: '(hidden)', accessToken: '(hidden)', nested: [{ password: '(hidden)' }] },
    });
  });

  it('hides secrets in a body that is cut off in the middle of one', () => {
    const text = '{"user":"ada","password":"hunter2 is the beg';

    const shown = readable(bytes(text), 9_000);

    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('of 9000 bytes');
  });

  it('shows what is no JSON as it is', () => {
    expect(readable(bytes('<h1>Bad gateway</h1>'), 20)).toBe('<h1>Bad gateway</h1>');
  });
});
