import { describe, expect, test } from 'bun:test';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { createUserRepository } from '../../../db/repositories/users.ts';
import { hashPassword, verifyPassword } from '../../../server/auth/password.ts';
import { ensureFirstAdministrator } from '../../../server/auth/users.ts';

function setUp() {
  const db = openDatabase(':memory:');
  migrate(db);
  return { db, clock: { now: () => 7_000 }, users: createUserRepository(db) };
}

describe('passwords', () => {
  test('a hash fits its password only', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horsf', hash)).toBe(false);
  });

  test("the predecessor's bcrypt hashes are verified, whatever their variant", async () => {
    const hash = await Bun.password.hash('old secret', { algorithm: 'bcrypt', cost: 4 });
    for (const variant of ['$2a$', '$2b$', '$2y$']) {
      expect(await verifyPassword('old secret', variant + hash.slice(4))).toBe(true);
      expect(await verifyPassword('other', variant + hash.slice(4))).toBe(false);
    }
  });

  test('X4: a hash is not accepted as a password, and what is no hash fits nothing', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword(hash, hash)).toBe(false);
    for (const text of ['', 'plain', '$5$x$y', '$2b$10$x', '$argon2id$v=19$x'])
      expect(await verifyPassword(text, text)).toBe(false);
  });
});

describe('the first administrator', () => {
  test('gets the chosen password, which need not be changed', async () => {
    const { users, ...deps } = setUp();
    const made = await ensureFirstAdministrator(deps, { username: 'ada', password: 'chosen one' });
    expect(made).toEqual({ created: true, username: 'ada', generatedPassword: null });
    const [row] = users.list();
    expect(row).toMatchObject({ username: 'ada', mustChangePassword: false, createdAt: 7_000 });
    expect(await verifyPassword('chosen one', row?.passwordHash ?? '')).toBe(true);
  });

  test('gets a random password that must be changed when none is chosen', async () => {
    const { users, ...deps } = setUp();
    const made = await ensureFirstAdministrator(deps, { username: 'admin' });
    if (!made.created || made.generatedPassword === null) throw new Error('no password was made');
    expect(made.generatedPassword).toMatch(/^[a-z2-7]{20}$/);
    const row = users.findByUsername('admin');
    expect(row?.mustChangePassword).toBe(true);
    expect(await verifyPassword(made.generatedPassword, row?.passwordHash ?? '')).toBe(true);
  });

  test('is made once, also when two processes begin at the same moment', async () => {
    const { users, ...deps } = setUp();
    const both = await Promise.all(['ada', 'grace'].map((username) => ensureFirstAdministrator(deps, { username })));
    expect(both.filter(({ created }) => created)).toHaveLength(1);
    const [only, ...others] = users.list();
    expect(others).toEqual([]);
    expect(both.map(({ username }) => username)).toEqual([only?.username ?? '', only?.username ?? '']);
    expect(await ensureFirstAdministrator(deps, { username: 'linus', password: 'later one' })).toEqual({
      created: false,
      username: only?.username ?? '',
    });
  });
});
