import type { LookupAddress } from 'node:dns';
import { Egress, EgressDeniedFault, type ResolvedAddress } from './egress';

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 });
const v6 = (address: string): ResolvedAddress => ({ address, family: 6 });

function lookUp(egress: Egress, host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    egress.lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses as LookupAddress[]);
    });
  });
}

describe('an address that only this machine or its network can see', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.0.9',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
  ])('%s is denied, as a literal and as what a name resolves to', async (address) => {
    const resolved = address.includes(':') ? v6(address) : v4(address);
    const egress = new Egress([], async () => [resolved]);

    expect(egress.refusalOfLiteral(address)).toBeInstanceOf(EgressDeniedFault);
    await expect(lookUp(egress, 'innocent.test')).rejects.toBeInstanceOf(EgressDeniedFault);
  });

  it('is denied with its brackets and its zone', async () => {
    const egress = new Egress([], async () => [v6('fe80::1%eth0')]);

    expect(egress.refusalOfLiteral('[::1]')).toBeInstanceOf(EgressDeniedFault);
    await expect(lookUp(egress, 'innocent.test')).rejects.toBeInstanceOf(EgressDeniedFault);
  });
});

describe('a public address', () => {
  it.each(['1.1.1.1', '100.63.255.255', '172.32.0.1', '192.169.0.1', '::ffff:8.8.8.8', '2606:4700::1111'])(
    '%s is allowed',
    (address) => {
      expect(new Egress([]).refusalOfLiteral(address)).toBeUndefined();
    },
  );

  it('does not excuse a private one beside it', async () => {
    const egress = new Egress([], async () => [v4('1.1.1.1'), v4('127.0.0.1')]);

    await expect(lookUp(egress, 'rebinding.test')).rejects.toBeInstanceOf(EgressDeniedFault);
  });
});

describe('what the operator allows', () => {
  const resolve = async () => [v4('10.0.0.7')];

  it.each<[string, string]>([
    ['an address', '10.0.0.7'],
    ['a network', '10.0.0.0/24'],
    ['a host', 'Tools.Internal.test'],
    ['a suffix', '*.internal.test'],
  ])('%s lets a name through that resolves to it', async (_what, entry) => {
    await expect(lookUp(new Egress([entry], resolve), 'tools.internal.test.')).resolves.toEqual([v4('10.0.0.7')]);
  });

  it('as a network holds for its IPv4-mapped form too, and for nothing beside it', () => {
    const egress = new Egress(['10.0.0.0/24']);

    expect(egress.refusalOfLiteral('::ffff:10.0.0.7')).toBeUndefined();
    expect(egress.refusalOfLiteral('10.0.1.7')).toBeInstanceOf(EgressDeniedFault);
  });

  it('as a suffix holds for no name that merely ends alike', async () => {
    await expect(lookUp(new Egress(['*.internal.test'], resolve), 'notinternal.test')).rejects.toBeInstanceOf(
      EgressDeniedFault,
    );
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'http://x', 'a b', '*', '::1/129', 'host:80'])(
    'is refused at the start where it cannot be read: %s',
    (entry) => {
      expect(() => new Egress([entry])).toThrow(/EGRESS_ALLOW/);
    },
  );
});

describe('a name that resolves', () => {
  it('to nothing is a DNS failure', async () => {
    await expect(lookUp(new Egress([], async () => []), 'empty.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
