const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

const shared = {
  testEnvironment: 'node',
  rootDir: __dirname,
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  moduleNameMapper: { '^@muster/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.muster/', '<rootDir>/.tools/'],
  setupFiles: ['reflect-metadata'],
};

// Tests that need Postgres or Redis: the folders below, and *.int.spec.ts beside the code. Only they pay for the start.
const WITH_SERVICES = [
  '<rootDir>/test/{integration,e2e,crash,chaos}/**/*.spec.ts',
  '<rootDir>/{apps,libs,test}/**/*.int.spec.ts',
];

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,test,examples,bench}/**/*.spec.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '\\.int\\.spec\\.ts$',
        '<rootDir>/test/(integration|e2e|crash|chaos)/',
      ],
    },
    {
      ...shared,
      displayName: 'services',
      testMatch: WITH_SERVICES,
      setupFilesAfterEnv: ['<rootDir>/test/support/patience.ts'],
      globalSetup: '<rootDir>/test/support/start-services.ts',
      globalTeardown: '<rootDir>/test/support/stop-services.ts',
    },
  ],
};
