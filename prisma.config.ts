import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `generate` and `format` need no database; `migrate status` does.
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/muster' },
});
