import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Fault } from '@muster/domain';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
/** Every address of a host name, as the system resolves it. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export class EgressDeniedFault extends Fault {
  readonly code = 'EGRESS_DENIED';
  readonly retryable = false;
  constructor(host: string, address: string) {
    const where = host === address ? address : `${host} (${address})`;
    super(
      `Calls to the private address ${where} are denied.`,
      'If it is meant, allow the host or its network in EGRESS_ALLOW.',
    );
  }
}

export class EgressEntryFault extends Fault {
  readonly code = 'EGRESS_ENTRY_INVALID';
  readonly retryable = false;
  constructor(entry: string) {
    super(
      `EGRESS_ALLOW cannot be read at ${JSON.stringify(entry)}.`,
      'Write host names, *.suffixes, addresses or networks (10.1.0.0/16).',
    );
  }
}

/** IANA special-purpose registries, and the metadata addresses of clouds that lie outside them. */
const PRIVATE_NETWORKS: readonly string[] = [
  '0.0.0.0/8', // This host: Linux connects it to loopback.
  '10.0.0.0/8',
  '100.64.0.0/10', // Carrier-grade NAT, with one cloud's metadata.
  '127.0.0.0/8',
  '168.63.129.16/32', // Metadata and platform channel of one cloud, outside every private range.
  '169.254.0.0/16', // Link-local, with the metadata of the others.
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // Unspecified, loopback and the old IPv4-compatible form.
  '64:ff9b::/96', // NAT64 and 6to4 and Teredo carry an IPv4 address that nobody would check.
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const privateAddresses = new BlockList();
for (const network of PRIVATE_NETWORKS) addNetwork(privateAddresses, network);

/**
 * Where calls may go. Private addresses are denied unless the operator allows them: contracts come from users, and a
 * contract's URL must not reach what only this machine can see. Names are judged by what they resolve to, and the
 * connection goes to the very addresses that were judged: a name that resolves otherwise a moment later gains nothing.
 */
export class Egress {
  private readonly allowedAddresses = new BlockList();
  private readonly allowedHosts = new Set<string>();
  private readonly allowedSuffixes: string[] = [];

  /** `allow`: host names, `*.suffix`, addresses, networks. Throws EgressEntryFault. */
  constructor(
    allow: readonly string[],
    private readonly resolve: ResolveHost = resolveBySystem,
  ) {
    for (const entry of allow.map(normalHost).filter((text) => text !== '')) this.allow(entry);
  }

  /** For hosts that are address literals: no lookup is ever made for them. */
  refusalOfLiteral(host: string): EgressDeniedFault | undefined {
    const literal = host.replace(/^\[|\]$/g, '');
    return isIP(literal) === 0 ? undefined : this.refusal(literal, literal);
  }

  /** For `net.connect` and `tls.connect`: resolves, judges every address, and hands over exactly those. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        const refusal = addresses
          .map(({ address }) => this.refusal(hostname, address))
          .find((one) => one !== undefined);
        if (refusal || !first) callback(refusal ?? noAddress(hostname), []);
        else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  private refusal(host: string, resolved: string): EgressDeniedFault | undefined {
    const address = plainAddress(resolved);
    if (this.allowsHost(normalHost(host)) || listed(this.allowedAddresses, address)) return undefined;
    return listed(privateAddresses, address) ? new EgressDeniedFault(host, address) : undefined;
  }

  private allowsHost(host: string): boolean {
    return this.allowedHosts.has(host) || this.allowedSuffixes.some((suffix) => host.endsWith(suffix));
  }

  private allow(entry: string): void {
    if (entry.includes('/')) addNetwork(this.allowedAddresses, entry);
    else if (isIP(entry) !== 0) addNetwork(this.allowedAddresses, `${entry}/${isIP(entry) === 4 ? 32 : 128}`);
    else if (/^\*(\.[a-z0-9_-]+)+$/.test(entry)) this.allowedSuffixes.push(entry.slice(1));
    else if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(entry)) this.allowedHosts.add(entry);
    else throw new EgressEntryFault(entry);
  }
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address);
  const bits = Number(prefix);
  if (family === 0 || !/^\d+$/.test(prefix) || bits > (family === 4 ? 32 : 128)) throw new EgressEntryFault(network);
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
}

const listed = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');

const normalHost = (host: string): string => host.trim().toLowerCase().replace(/\.$/, '');

/** Without a zone (`fe80::1%eth0`). IPv4 in IPv6 clothing (`::ffff:10.0.0.1`) is checked against IPv4 by BlockList itself. */
const plainAddress = (address: string): string => address.replace(/%.*$/, '');

function noAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address.`), { code: 'ENOTFOUND' });
}

const resolveBySystem: ResolveHost = (hostname) => lookup(hostname, { all: true });
