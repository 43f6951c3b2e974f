import { describe, expect, test } from 'bun:test';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { createKeyService } from '../../../server/keys/service.ts';

/** Two services on one database stand for two processes; time stands still until a test moves it. */
function setUp() {
  const db = openDatabase(':memory:');
  migrate(db);
  const clock = { time: 1_000_000, now: () => clock.time };
  const options = { name: 'laptop', expiresAt: null, allowedModels: null };
  return { db, clock, options, here: createKeyService({ db, clock }), elsewhere: createKeyService({ db, clock }) };
}

describe('client keys', () => {
  test('a created key is found by its text and carries its verdict', () => {
    const { here, elsewhere } = setUp();
    const { id, key } = here.create({ name: 'guest', expiresAt: 5_000_000, allowedModels: ['a', 'b'] });
    const expected = { id, name: 'guest', isActive: true, expiresAt: 5_000_000, allowedModels: ['a', 'b'] };
    expect(here.find(key)).toEqual(expected);
    expect(elsewhere.find(key)).toEqual(expected);
  });

  test('the key itself is stored nowhere', () => {
    const { db, here, options } = setUp();
    const { key } = here.create(options);
    const [row] = db.sqlite.query('select * from api_keys').all();
    expect(JSON.stringify(row)).not.toContain(key.slice(8));
    expect(JSON.stringify(here.list())).not.toContain(key.slice(8));
  });

  test('X2: a key that another process disabled, deleted or enabled is judged anew within a second', () => {
    const { clock, here, elsewhere, options } = setUp();
    const { id, key } = here.create(options);
    expect(here.find(key)?.isActive).toBe(true);

    elsewhere.setActive(id, false);
    clock.time += 999;
    expect(here.find(key)?.isActive).toBe(false);

    elsewhere.setActive(id, true);
    clock.time += 999;
    expect(here.find(key)?.isActive).toBe(true);

    elsewhere.remove(id);
    clock.time += 999;
    expect(here.find(key)).toBeUndefined();
  });

  test('X2: a revoked key is refused although the clock was set back an hour', () => {
    const { clock, here, elsewhere, options } = setUp();
    const { id, key } = here.create(options);
    here.find(key);
    elsewhere.remove(id);
    clock.time -= 3_600_000;
    expect(here.find(key)).toBeUndefined();
  });

  test('what this process changes it sees at once', () => {
    const { here, options } = setUp();
    const { id, key } = here.create(options);
    here.find(key);
    here.setActive(id, false);
    expect(here.find(key)?.isActive).toBe(false);
    here.rename(id, 'renamed');
    expect(here.find(key)?.name).toBe('renamed');
    here.remove(id);
    expect(here.find(key)).toBeUndefined();
  });

  test('X2: texts that begin like a key never share its entry', () => {
    const { here, options } = setUp();
    const { id, key } = here.create(options);
    expect(here.find(key)?.id).toBe(id);
    const lookalikes = [
      key.slice(0, -1),
      `${key}x`,
      key.slice(0, 8),
      `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
    ];
    expect(lookalikes.map((text) => here.find(text))).toEqual(lookalikes.map(() => undefined));
    expect(here.find(key)?.id).toBe(id);
  });

  test('X1: texts that cannot be keys are no key', () => {
    const { here, options } = setUp();
    const { key } = here.create(options);
    const presented = [
      '',
      ' ',
      `${key} `,
      `${key}\0`,
      "' or 1=1 --",
      '"',
      'sk-ü',
      '\u{1f600}',
      'x'.repeat(513),
      'x'.repeat(1_000_000),
    ];
    expect(presented.map((text) => here.find(text))).toEqual(presented.map(() => undefined));
  });

  test('X1: a flood of invalid keys neither pushes out a valid one nor grows without bound', () => {
    const { db, here, options } = setUp();
    const { id, key } = here.create(options);
    here.find(key);
    for (let attempt = 0; attempt < 10_000; attempt += 1) here.find(`sk-${attempt}`);
    db.close();
    // Only what is kept in memory can be answered now.
    expect(here.find(key)?.id).toBe(id);
    expect(() => here.find('sk-0')).toThrow();
    expect(here.find('sk-9999')).toBeUndefined();
  });

  test('X13: whether any key exists is known, also when another process makes the first one', () => {
    const { clock, here, elsewhere, options } = setUp();
    expect(here.hasAnyKey()).toBe(false);
    const { id } = elsewhere.create(options);
    clock.time += 999;
    expect(here.hasAnyKey()).toBe(true);
    elsewhere.remove(id);
    clock.time += 999;
    expect(here.hasAnyKey()).toBe(false);
  });

  test('a reference means an id before it means a name', () => {
    const { here } = setUp();
    const first = here.create({ name: 'one', expiresAt: null, allowedModels: null });
    const second = here.create({ name: first.id, expiresAt: null, allowedModels: null });
    expect(here.resolve(first.id).map(({ id }) => id)).toEqual([first.id]);
    expect(here.resolve(second.prefix).map(({ id }) => id)).toContain(second.id);
    expect(here.resolve('one').map(({ id }) => id)).toEqual([first.id]);
    expect(here.resolve('on')).toEqual([]);
  });
});
