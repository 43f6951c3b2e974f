import { expect, test } from 'bun:test';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { openDatabase } from '../../../db/client.ts';
import type { Finding } from '../../../server/cli/finding.ts';
import { createInstallation, type Installation } from './run-cli.ts';

async function examine(cli: Installation, variables: Record<string, string> = {}) {
  const { exitCode, value } = await cli.json(['doctor'], { variables });
  const { ok, findings } = value as { ok: boolean; findings: Finding[] };
  const notOk = findings.filter(({ status }) => status !== 'ok');
  for (const finding of findings) expect((finding.mend === null) === (finding.status === 'ok')).toBe(true);
  const statuses: Record<string, string> = Object.fromEntries(notOk.map(({ check, status }) => [check, status]));
  return { exitCode, ok, statuses };
}

/** A host that answers everything with 404, which is an answer. */
function startHost() {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(null, { status: 404 }) });
  const origin = server.url.origin;
  const variables = { CODEX_BASE_URL: `${origin}/backend-api/codex`, OAUTH_ISSUER: origin };
  return { variables, [Symbol.asyncDispose]: () => server.stop(true) };
}

test('before the first start there is only something to look at, and looking makes no file', async () => {
  await using cli = await createInstallation();
  await using host = startHost();
  expect(await examine(cli, host.variables)).toEqual({ exitCode: 0, ok: true, statuses: { database: 'warn' } });
  expect(await readdir(cli.folder)).toEqual([]);
});

test('a fresh installation lacks accounts and keys, which is no failure', async () => {
  await using cli = await createInstallation();
  await using host = startHost();
  await cli.run(['init-db']);
  const statuses = { accounts: 'warn', 'client keys': 'warn' };
  expect(await examine(cli, host.variables)).toEqual({ exitCode: 0, ok: true, statuses });
});

test('an upstream that cannot be reached is a finding', async () => {
  await using cli = await createInstallation();
  const { exitCode, statuses } = await examine(cli);
  expect({ exitCode, statuses }).toEqual({
    exitCode: 1,
    statuses: { database: 'warn', backend: 'fail', 'sign-in server': 'fail' },
  });
});

test('bad variables, open permissions, a wrong key, a damaged file and a capped fetch are found', async () => {
  await using cli = await createInstallation();
  await using host = startHost();
  await cli.run(['init-db']);
  await cli.run(['keys', 'create']);

  expect(await examine(cli, { PORT: 'x' })).toEqual({ exitCode: 1, ok: false, statuses: { configuration: 'fail' } });

  await chmod(cli.databasePath, 0o644);
  const capped = { ...host.variables, BUN_CONFIG_MAX_HTTP_REQUESTS: '256', MODELS_FILE: `${cli.folder}/missing.json` };
  expect((await examine(cli, capped)).statuses).toEqual({
    'model table': 'fail',
    'file permissions': 'warn',
    accounts: 'warn',
    'parallel requests': 'fail',
  });

  await writeFile(`${cli.databasePath}.key`, Buffer.alloc(32).toString('base64'));
  expect((await examine(cli, host.variables)).statuses).toMatchObject({ 'encryption key': 'fail' });

  await writeFile(cli.databasePath, 'this is no database, and never was one '.repeat(100));
  expect(await examine(cli, host.variables)).toMatchObject({ exitCode: 1, ok: false, statuses: { database: 'fail' } });
});

test('a database of a newer build is refused, and a clock behind the records is noticed', async () => {
  await using cli = await createInstallation();
  await using host = startHost();
  await cli.run(['init-db']);
  const db = openDatabase(cli.databasePath);
  db.sqlite.run(
    `insert into api_logs (request_id, endpoint, status_code, attempts, streamed, duration_ms, created_at) values ('r', '/v1', 200, 1, 0, 1, ${Date.now() + 3_600_000})`,
  );
  db.close();
  expect((await examine(cli, host.variables)).statuses).toMatchObject({ clock: 'warn' });

  const newer = openDatabase(cli.databasePath);
  newer.sqlite.run('PRAGMA user_version = 9999');
  newer.close();
  expect((await examine(cli, host.variables)).statuses).toMatchObject({ 'database schema': 'fail' });
});
