import { localPath } from './login.controller';
import { isGenuine, sealSession, signingKey } from './session';

const KEY_ID = '0190f3c2-0000-7000-8000-000000000001';
const now = 1_000_000;
const key = signingKey(Buffer.from('stored hash'), 'secret');
const cookie = sealSession({ keyId: KEY_ID, expiresAt: now + 1_000 }, key);

describe('a session cookie', () => {
  it('is good until its time, and not after', () => {
    expect(isGenuine(cookie, key, now)).toBe(true);
    expect(isGenuine(cookie, key, now + 1_000)).toBe(false);
  });

  it('is refused with any other key, a longer time or a changed signature', () => {
    const longer = cookie.replace(String(now + 1_000), String(now + 9_000));

    expect(isGenuine(cookie, signingKey(Buffer.from('another hash'), 'secret'), now)).toBe(false);
    expect(isGenuine(cookie, signingKey(Buffer.from('stored hash'), 'another secret'), now)).toBe(false);
    expect(isGenuine(longer, key, now)).toBe(false);
    expect(isGenuine(`${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`, key, now)).toBe(false);
    expect(isGenuine('', key, now)).toBe(false);
  });
});

describe('the page after the login', () => {
  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/a\\b',
    'javascript:alert(1)',
    '',
    undefined,
    ['/a'],
  ])('is never elsewhere: %p', (next) => {
    expect(localPath(next)).toBe('/');
  });

  it('is the one that was asked for', () => {
    expect(localPath('/tasks?state=failed')).toBe('/tasks?state=failed');
  });
});
