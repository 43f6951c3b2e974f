import { expect, test } from 'bun:test';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { openDatabase } from '../../../db/client.ts';
import { createUserRepository } from '../../../db/repositories/users.ts';
import { verifyPassword } from '../../../server/auth/password.ts';
import { createInstallation } from './run-cli.ts';

test('init-db makes everything once; again it changes nothing and says so', async () => {
  await using cli = await createInstallation();
  const first = await cli.json(['init-db']);
  expect(first).toEqual({
    exitCode: 0,
    value: {
      database: cli.databasePath,
      created: true,
      migrations_applied: expect.any(Number),
      encryption_key: 'file',
      administrator: { username: 'admin', created: true, password: expect.any(String), must_change_password: true },
    },
  });
  for (const file of [cli.databasePath, `${cli.databasePath}.key`]) expect((await stat(file)).mode & 0o777).toBe(0o600);

  const before = await readFile(cli.databasePath);
  const again = await cli.run(['init-db']);
  expect(again.stdout).toStartWith('Nothing to do');
  expect(await readFile(cli.databasePath)).toEqual(before);
  expect((await cli.json(['init-db'])).value).toMatchObject({
    created: false,
    migrations_applied: 0,
    administrator: { username: 'admin', created: false },
  });
});

test('ADMIN_USERNAME and ADMIN_PASSWORD are used, and the password is printed nowhere', async () => {
  await using cli = await createInstallation();
  const variables = { ADMIN_USERNAME: 'ada', ADMIN_PASSWORD: 'chosen by ada' };
  const { stdout, stderr } = await cli.run(['init-db'], { variables });
  expect(stdout).toContain('"ada"');
  expect(stdout + stderr).not.toContain('chosen by ada');

  const db = openDatabase(cli.databasePath);
  const user = createUserRepository(db).findByUsername('ada');
  db.close();
  expect(user?.mustChangePassword).toBe(false);
  expect(await verifyPassword('chosen by ada', user?.passwordHash ?? '')).toBe(true);
});

test('with a missing or wrong encryption key every command stops and changes nothing', async () => {
  await using cli = await createInstallation();
  await cli.run(['init-db']);
  const before = await readFile(cli.databasePath);
  await rm(`${cli.databasePath}.key`);
  const wrongKey = { ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64') };
  for (const variables of [{}, wrongKey]) {
    const { exitCode, value } = await cli.json(['keys', 'create'], { variables });
    expect({ exitCode, value }).toMatchObject({ exitCode: 2, value: { error: { code: 'encryption_key' } } });
  }
  expect(await Bun.file(`${cli.databasePath}.key`).exists()).toBe(false);
  expect(await readFile(cli.databasePath)).toEqual(before);
});

test('R10: a file that is no database is reported and left as it is', async () => {
  await using cli = await createInstallation();
  await cli.run(['init-db']);
  const garbage = 'this is no database, and never was one '.repeat(100);
  await writeFile(cli.databasePath, garbage);
  const { exitCode, value } = await cli.json(['keys', 'list']);
  expect({ exitCode, value }).toMatchObject({ exitCode: 1, value: { error: { code: 'database' } } });
  expect(JSON.stringify(value)).toContain(cli.databasePath);
  expect(await readFile(cli.databasePath, 'utf8')).toBe(garbage);
});
