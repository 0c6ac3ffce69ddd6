import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@muster/domain';
import { isSignedWith, signatureOf, signedText } from './signature';

interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly message: JsonObject;
  readonly canonical: string;
  readonly signature: string;
}

const VECTORS = JSON.parse(readFileSync(join(__dirname, '../../../examples/intake/vectors.json'), 'utf8')) as Vector[];
const [FIRST] = VECTORS as [Vector, ...Vector[]];
const SIGNED: JsonObject = { ...FIRST.message, signature: FIRST.signature };

describe.each(VECTORS)('the published vector "$name"', ({ secret, message, canonical, signature }) => {
  it('has this text and this signature, and is believed', () => {
    expect(signedText(message)).toBe(canonical);
    expect(signatureOf(message, secret)).toBe(signature);
    expect(isSignedWith({ ...message, signature }, secret)).toBe(true);
  });
});

describe('a signed message', () => {
  it('is believed with its members in any order', () => {
    const turned = Object.fromEntries(Object.entries(SIGNED).reverse());

    expect(isSignedWith(turned, FIRST.secret)).toBe(true);
  });

  it.each(Object.keys(FIRST.message))('with another %s is not believed', (name) => {
    expect(isSignedWith({ ...SIGNED, [name]: 'another' }, FIRST.secret)).toBe(false);
  });

  it('with a member more, or one less, is not believed', () => {
    const { time, ...less } = SIGNED;

    expect(isSignedWith({ ...SIGNED, tenant: 'other' }, FIRST.secret)).toBe(false);
    expect(isSignedWith(less, FIRST.secret)).toBe(false);
  });

  it('is not believed by the secret of another key', () => {
    expect(isSignedWith(SIGNED, `${FIRST.secret}1`)).toBe(false);
  });

  it('is not believed with a single bit of its signature turned, whichever byte it is in', () => {
    const bytes = Buffer.from(FIRST.signature, 'hex');

    for (let at = 0; at < bytes.length; at++) {
      const turned = Buffer.from(bytes);
      turned[at]! ^= 1;
      expect(isSignedWith({ ...SIGNED, signature: turned.toString('hex') }, FIRST.secret)).toBe(false);
    }
  });

  it.each([
    undefined,
    null,
    7,
    '',
    FIRST.signature.slice(2),
    `${FIRST.signature}00`,
    FIRST.signature.toUpperCase(),
    [FIRST.signature],
  ])('with the signature %j is not believed, and nothing throws', (signature) => {
    expect(isSignedWith({ ...FIRST.message, signature } as JsonObject, FIRST.secret)).toBe(false);
  });
});
