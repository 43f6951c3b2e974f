import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../../../db/client.ts';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import { quotaWindows } from '../../../db/schema/index.ts';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { createInstallation, type Installation } from './run-cli.ts';

type Json = Record<string, unknown>;

/** An installation with the accounts `ada` and `grace` of a simulated backend, and how to reach that. */
async function createPool() {
  const cli = await createInstallation();
  const simulator = startSimulator();
  const [ada, grace] = [simulator.addAccount({ name: 'ada', plan: 'pro' }), simulator.addAccount({ name: 'grace' })];
  const variables = { CODEX_BASE_URL: simulator.baseUrl, OAUTH_ISSUER: simulator.issuer };
  await cli.run(['tokens', 'import', '-'], { stdin: JSON.stringify([ada.authJson(), grace.authJson()]) });
  const dispose = async () => {
    await simulator.close();
    await cli[Symbol.asyncDispose]();
  };
  return { cli, simulator, ada, grace, variables, [Symbol.asyncDispose]: dispose };
}

async function listed(cli: Installation): Promise<Json[]> {
  return (await cli.json(['tokens', 'list'])).value as Json[];
}

test('files, folders and standard input are imported, with a result per item and no secret in it', async () => {
  await using cli = await createInstallation();
  await using simulator = startSimulator();
  const files = [1, 2, 3].map((number) => simulator.addAccount({ name: `n${number}` }).authJson());
  await mkdir(join(cli.folder, 'accounts'));
  await Bun.write(join(cli.folder, 'accounts', 'one.json'), JSON.stringify(files[0]));
  await Bun.write(join(cli.folder, 'accounts', 'ignored.txt'), 'not an account');
  await Bun.write(join(cli.folder, 'two.json'), JSON.stringify(files[1]));
  const args = ['tokens', 'import', 'accounts', 'two.json', '-'];
  const stdin = JSON.stringify(files[2]);

  const preview = await cli.json([...args, '--dry-run'], { stdin });
  expect(preview).toMatchObject({ exitCode: 0, value: { dry_run: true, counts: { created: 3, rejected: 0 } } });
  expect(await listed(cli)).toEqual([]);

  const { exitCode, value } = await cli.json(args, { stdin });
  expect({ exitCode, value }).toMatchObject({
    exitCode: 0,
    value: { dry_run: false, counts: { created: 3, updated: 0, rejected: 0 } },
  });
  const items = (value as { items: Json[] }).items;
  expect(items.map(({ source, outcome }) => [source, outcome])).toEqual([
    [join('accounts', 'one.json'), 'created'],
    ['two.json', 'created'],
    ['standard input', 'created'],
  ]);
  const everything =
    JSON.stringify(value) + JSON.stringify(await listed(cli)) + (await cli.run(['tokens', 'list'])).stdout;
  for (const { tokens } of files) {
    for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token])
      expect(everything).not.toContain(secret);
  }
  expect((await cli.json(args, { stdin })).value).toMatchObject({ counts: { created: 0, unchanged: 3 } });
});

test('rejected items: exit 4 beside good ones, 1 alone; a missing file is 3 and nothing is imported', async () => {
  await using cli = await createInstallation();
  await using simulator = startSimulator();
  const good = simulator.addAccount().authJson();
  const file = join(cli.folder, 'good.json');
  await Bun.write(file, JSON.stringify(good));

  expect((await cli.json(['tokens', 'import', file, 'missing.json'])).exitCode).toBe(3);
  expect((await cli.json(['tokens', 'import', '-'], { stdin: '{"nothing":true}' })).exitCode).toBe(1);
  expect((await cli.json(['tokens', 'import', '-'], { stdin: '' })).exitCode).toBe(1);
  expect(await listed(cli)).toEqual([]);
  const partly = await cli.json(['tokens', 'import', file, '-'], { stdin: '{"nothing":true}' });
  expect(partly).toMatchObject({ exitCode: 4, value: { counts: { created: 1, rejected: 1 } } });
});

test("the predecessor's database is taken over, and a file that is none is refused", async () => {
  await using cli = await createInstallation();
  const path = join(cli.folder, 'old.db');
  const old = new Database(path);
  old.run(
    'create table tokens (id integer primary key, name text, email text, account_id text, access_token text, refresh_token text)',
  );
  old.run("insert into tokens values (1, 'ada', 'ada@example.com', 'w1', 'access-of-ada', 'refresh-of-ada')");
  old.run('create table api_keys (id integer primary key, key text, name text)');
  old.run("insert into api_keys values (1, 'sk-abcdefghijklmnopqrstuvwxyz012345', 'old laptop')");
  old.close();

  const { exitCode, value } = await cli.json(['tokens', 'import', '--from-db', path]);
  expect({ exitCode, value }).toMatchObject({
    exitCode: 0,
    value: { counts: { created: 1 }, keys: { added: 1, existing: 0 } },
  });
  expect(await listed(cli)).toMatchObject([{ name: 'ada', email: 'ada@example.com' }]);
  expect((await cli.json(['keys', 'list'])).value).toMatchObject([
    { name: 'old laptop', prefix: 'sk-abcde', is_active: true },
  ]);

  const again = await cli.json(['tokens', 'import', '--from-db', cli.databasePath]);
  expect(again).toMatchObject({ exitCode: 1, value: { error: { code: 'takeover' } } });
});

test('the list shows health, plan, requests and quota windows with their age; an unread quota is no zero', async () => {
  await using pool = await createPool();
  const { cli, ada } = pool;
  const [id] = (await listed(cli))
    .filter(({ user_id }) => user_id === ada.userId)
    .map((account) => account['id'] as string);
  if (id === undefined) throw new Error('ada was not imported');
  const now = Date.now();
  const db = openDatabase(cli.databasePath);
  const window = {
    tokenId: id,
    family: 'codex',
    source: 'headers' as const,
    readAt: now - 90_000,
    resetsAt: now + 3_600_000,
  };
  db.orm
    .insert(quotaWindows)
    .values({ ...window, windowSeconds: 18_000, usedPercent: 42 })
    .run();
  db.sqlite.run(
    "update tokens set state = 'cooling', state_reason = 'usage_limit_reached', state_until = ? where id = ?",
    [now + 3_600_000, id],
  );
  db.close();

  const accounts = await listed(cli);
  expect(accounts.find((account) => account['id'] === id)).toMatchObject({
    email: ada.email,
    account_id: ada.accountId,
    plan: 'pro',
    state: 'cooling',
    reason: 'usage_limit_reached',
    until: new Date(now + 3_600_000).toISOString(),
    can_refresh: true,
    requests: { total: 0, success: 0, failed: 0 },
    quota: [
      {
        family: 'codex',
        window_seconds: 18_000,
        used_percent: 42,
        source: 'headers',
        read_at: new Date(now - 90_000).toISOString(),
      },
    ],
  });
  expect(accounts.find((account) => account['id'] !== id)).toMatchObject({
    state: 'active',
    reason: null,
    until: null,
    quota: [],
  });

  const { stdout } = await cli.run(['tokens', 'list']);
  expect(stdout).toMatch(/cooling +usage_limit_reached +in 59m.* 5h 42% \(1m 3\ds ago\)/);
  expect(stdout).toContain(' unknown ');

  await cli.run(['tokens', 'enable', id]);
  expect((await listed(cli)).find((account) => account['id'] === id)).toMatchObject({
    state: 'active',
    reason: null,
    until: null,
  });
});

test('accounts are disabled, enabled and deleted by id, e-mail or name; deleting needs --yes', async () => {
  await using pool = await createPool();
  const { cli, ada, grace } = pool;
  const disabled = await cli.json(['tokens', 'disable', ada.email.toUpperCase(), grace.email]);
  expect(disabled).toMatchObject({ exitCode: 0, value: [{ state: 'disabled' }, { state: 'disabled' }] });
  expect((await listed(cli)).map(({ state, reason }) => [state, reason])).toEqual([
    ['disabled', 'operator'],
    ['disabled', 'operator'],
  ]);

  expect((await cli.json(['tokens', 'enable', ada.email, 'nobody'])).exitCode).toBe(3);
  expect((await listed(cli)).map(({ state }) => state)).toEqual(['disabled', 'disabled']);

  const unsure = await cli.json(['tokens', 'delete', ada.email]);
  expect(unsure).toMatchObject({ exitCode: 2, value: { error: { message: expect.stringContaining('--yes') } } });
  expect(await listed(cli)).toHaveLength(2);
  expect(await cli.json(['tokens', 'delete', ada.email, '--yes'])).toMatchObject({
    exitCode: 0,
    value: [{ deleted: true }],
  });
  expect((await listed(cli)).map(({ email }) => email)).toEqual([grace.email]);
});

test('a refresh replaces the credential; a dead one is reported and needs a new sign-in', async () => {
  await using pool = await createPool();
  const { cli, simulator, ada, grace, variables } = pool;
  const before = ada.refreshToken;
  expect(await cli.json(['tokens', 'refresh', ada.email], { variables })).toMatchObject({
    exitCode: 0,
    value: { refreshed: 1, failed: 0, items: [{ outcome: 'refreshed' }] },
  });
  expect(ada.refreshToken).not.toBe(before);
  expect(simulator.refreshCount()).toBe(1);

  grace.revokeSession();
  const partly = await cli.json(['tokens', 'refresh', '--all'], { variables });
  expect(partly).toMatchObject({ exitCode: 4, value: { refreshed: 1, failed: 1 } });
  const states = (await listed(cli)).map(({ email, state }) => [email, state]);
  expect(states).toEqual(
    expect.arrayContaining([
      [ada.email, 'active'],
      [grace.email, 'needs-login'],
    ]),
  );
  expect((await cli.json(['tokens', 'refresh'])).exitCode).toBe(2);
  expect((await cli.json(['tokens', 'refresh', '--all', ada.email])).exitCode).toBe(2);
});

test('R8: a refresh that cannot reach the sign-in server says so and leaves the account as it was', async () => {
  await using pool = await createPool();
  const { cli, ada } = pool;
  const { exitCode, value } = await cli.json(['tokens', 'refresh', ada.email]);
  expect({ exitCode, value }).toMatchObject({
    exitCode: 1,
    value: { items: [{ outcome: 'failed', kind: 'transient' }] },
  });
  expect((await listed(cli)).map(({ state }) => state)).toEqual(['active', 'active']);
});

test('T8: an export is explicit, for its owner only, and brings the accounts back into an empty installation', async () => {
  await using pool = await createPool();
  await using other = await createInstallation();
  const { cli, ada } = pool;
  const refused = await cli.run(['tokens', 'export']);
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain('--out');

  const file = join(cli.folder, 'export.json');
  expect(await cli.json(['tokens', 'export', '--out', file])).toEqual({ exitCode: 0, value: { exported: 2, file } });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  expect(text).toContain(ada.refreshToken);

  expect(await cli.json(['tokens', 'export', ada.email, '--out', file])).toMatchObject({
    exitCode: 1,
    value: { error: { code: 'file' } },
  });
  expect(await readFile(file, 'utf8')).toBe(text);

  const printed = (await cli.json(['tokens', 'export', ada.email, '--yes'])).value as Json[];
  expect(printed).toHaveLength(1);
  await other.run(['tokens', 'import', file]);
  const identities = async (installation: Installation) =>
    (await listed(installation)).map(({ account_id, user_id }) => [account_id, user_id]);
  expect((await identities(other)).sort()).toEqual((await identities(cli)).sort());
});

test('a name that two accounts share is ambiguous', async () => {
  await using cli = await createInstallation();
  await using simulator = startSimulator();
  const stdin = JSON.stringify(['a', 'b'].map((name) => simulator.addAccount({ name }).authJson()));
  await cli.run(['tokens', 'import', '-'], { stdin });
  const db = openDatabase(cli.databasePath);
  const repository = createAccountRepository(db);
  for (const { id } of repository.list({})) repository.update(id, { name: 'twin' }, Date.now());
  db.close();
  expect(await cli.json(['tokens', 'disable', 'twin'])).toMatchObject({
    exitCode: 1,
    value: { error: { code: 'ambiguous' } },
  });
});
