import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { schemaVersion } from '../../../db/migrate.ts';
import { contentsOf, startServing } from '../../support/serving-process.ts';
import { createInstallation, type Installation } from './run-cli.ts';

// Processes are started one after the other, on a machine that may be busy.
setDefaultTimeout(20_000);

/** The database of gpt2api-node as far as it tells whose it is. */
async function makePredecessor(cli: Installation, options: { isOpen: boolean }): Promise<Disposable> {
  await mkdir(dirname(cli.databasePath), { recursive: true });
  const sqlite = new Database(cli.databasePath, { create: true });
  if (options.isOpen) sqlite.run('PRAGMA journal_mode = WAL');
  sqlite.run('create table users (id integer primary key, username text unique not null, password text not null)');
  sqlite.run(
    'create table api_keys (id integer primary key, key text unique not null, name text, is_active integer default 1)',
  );
  sqlite.run(
    'create table tokens (id integer primary key, name text, email text, account_id text, access_token text not null, refresh_token text not null)',
  );
  sqlite.run('create table api_logs (id integer primary key, endpoint text, status_code integer)');
  sqlite.run(`insert into api_keys (key, name) values ('sk-AbCdEfGhIjKlMnOpQrStUvWxYz012345', 'laptop')`);
  if (!options.isOpen) sqlite.close();
  return { [Symbol.dispose]: () => sqlite.close() };
}

/** Starts `args`, which must end by itself with a failure that leaves every file as it was. */
async function refused(
  cli: Installation,
  args: readonly string[],
  variables: Record<string, string> = {},
): Promise<{ exitCode: number; stderr: string }> {
  const before = await contentsOf(dirname(cli.databasePath));
  const { exitCode, stderr } = await cli.run(args, { variables: { PORT: '0', ...variables } });
  expect(exitCode).not.toBe(0);
  expect(await contentsOf(dirname(cli.databasePath))).toEqual(before);
  return { exitCode, stderr };
}

for (const command of ['serve', 'init-db']) {
  test(`${command} on the predecessor's database names the way to take it over and touches nothing`, async () => {
    await using cli = await createInstallation();
    using _ = await makePredecessor(cli, { isOpen: false });
    const { exitCode, stderr } = await refused(cli, [command]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`tokens import --from-db ${cli.databasePath}`);
    expect(stderr).toContain('DATABASE_PATH');
    expect(Object.keys(await contentsOf(dirname(cli.databasePath)))).toEqual(['app.db']);
  });
}

test("the predecessor's database is recognised while the predecessor has it open, and the way that is named works", async () => {
  await using cli = await createInstallation();
  using _ = await makePredecessor(cli, { isOpen: true });
  expect((await cli.run(['keys', 'list'])).stderr).toContain('tokens import --from-db');
  const variables = { DATABASE_PATH: `${cli.folder}/new.db` };
  expect((await cli.run(['tokens', 'import', '--from-db', cli.databasePath], { variables })).exitCode).toBe(0);
  expect((await cli.json(['keys', 'list'], { variables })).value).toMatchObject([{ name: 'laptop' }]);
});

test("another program's database and one of a newer build stop the start and are left as they are", async () => {
  await using cli = await createInstallation();
  await mkdir(dirname(cli.databasePath), { recursive: true });
  const foreign = new Database(cli.databasePath, { create: true });
  foreign.run('create table songs (title text)');
  foreign.close();
  expect((await refused(cli, ['serve'])).stderr).toContain('another program');

  await rm(cli.databasePath);
  await cli.run(['init-db']);
  const newer = new Database(cli.databasePath);
  newer.run(`PRAGMA user_version = ${schemaVersion + 1}`);
  newer.run('PRAGMA wal_checkpoint(truncate)');
  newer.close();
  const { stderr } = await refused(cli, ['serve']);
  expect(stderr).toContain('newer build');
  expect(stderr).toContain(cli.databasePath);
});

test('one message names every bad variable, a malformed encryption key among them, and shows no secret', async () => {
  await using cli = await createInstallation();
  const variables = { PORT: 'abc', ENCRYPTION_KEY: 'not-a-key', HTTPS_PROXY: 'user:pass', CONNECT_TIMEOUT_MS: '-1' };
  const { exitCode, stderr } = await cli.run(['serve'], { variables });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('4 mistakes');
  for (const name of Object.keys(variables)) expect(stderr).toContain(`${name}: must be`);
  expect(stderr).toContain('openssl rand -base64 32');
  expect(stderr).not.toMatch(/not-a-key|user:pass/);
});

test('a missing or wrong encryption key stops serve with the way out, and changes nothing on disk', async () => {
  await using cli = await createInstallation();
  await cli.run(['init-db']);
  const wrong = await refused(cli, ['serve'], { ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64') });
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ENCRYPTION_KEY is not the key') });
  await rm(`${cli.databasePath}.key`);
  const missing = await refused(cli, ['serve']);
  expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${cli.databasePath}.key is missing`) });
});

test('a port that is taken ends serve at once with a message that names it', async () => {
  await using cli = await createInstallation();
  await using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('taken') });
  const { exitCode, stderr } = await cli.run(['serve'], { variables: { PORT: String(other.port), LOG_LEVEL: 'info' } });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`Port ${other.port} on 127.0.0.1 is in use`);
  expect(stderr).toContain('PORT');
  // Nothing goes on behind the message.
  expect(stderr).not.toContain('"level"');
});

test('serve comes up ready with an account, and tells what is missing without one', async () => {
  await using serving = await startServing();
  const response = await fetch(`${serving.origin}/readyz`);
  expect({ status: response.status, body: await response.json() }).toEqual({
    status: 200,
    body: { status: 'ready', checks: { store: 'ok', accounts: 'ok', draining: 'ok', fetch_cap: 'ok' } },
  });

  await using cli = await createInstallation();
  await using child = cli.start(['serve'], { PORT: '0' });
  const reader = child.stderr.getReader();
  const greeting = new TextDecoder().decode((await reader.read()).value);
  expect(greeting).toContain('tokens import');
  expect(greeting).toContain('keys create');
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});
