import { defineConfig } from 'drizzle-kit';

// For the generator only (`bun run db:generate`); migrations are applied by db/migrate.ts.
export default defineConfig({ dialect: 'sqlite', schema: './db/schema/index.ts', out: './db/migrations' });
