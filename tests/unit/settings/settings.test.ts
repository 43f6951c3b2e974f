import { describe, expect, test } from 'bun:test';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { AppError } from '../../../server/core/errors.ts';
import { parseEnv } from '../../../server/env.ts';
import { createSettings, parseSetting, settingNames } from '../../../server/settings/settings.ts';

function setUp(variables: Record<string, string> = {}) {
  const db = openDatabase(':memory:');
  migrate(db);
  const clock = { time: 1_000_000, now: () => clock.time };
  const deps = { db, clock, env: parseEnv(variables) };
  return { db, clock, here: createSettings(deps), elsewhere: createSettings(deps) };
}

const valuesOf = (settings: ReturnType<typeof createSettings>) =>
  Object.fromEntries(settings.list().map(({ name, value, origin }) => [name, [value, origin]]));

describe('live settings', () => {
  test('without a stored value the variable counts, and its default is told apart', () => {
    const { here } = setUp({ LOAD_BALANCE_STRATEGY: 'random', AFFINITY: 'false' });
    expect(here.get('strategy')).toBe('random');
    expect(valuesOf(here)).toEqual({
      strategy: ['random', 'environment'],
      affinity: [false, 'environment'],
      log_retention_days: [90, 'default'],
    });
  });

  test('a stored value wins over the variable, false and 0 too, until it is unset', () => {
    const { here } = setUp({ LOAD_BALANCE_STRATEGY: 'random' });
    here.set('strategy', 'quota-aware');
    here.set('affinity', false);
    here.set('log_retention_days', 0);
    expect(valuesOf(here)).toEqual({
      strategy: ['quota-aware', 'stored'],
      affinity: [false, 'stored'],
      log_retention_days: [0, 'stored'],
    });
    expect(here.unset('strategy')).toBe(true);
    expect(here.unset('strategy')).toBe(false);
    expect(here.get('strategy')).toBe('random');
  });

  test("another process's change is seen within a second", () => {
    const { clock, here, elsewhere } = setUp();
    expect(here.get('strategy')).toBe('round-robin');
    elsewhere.set('strategy', 'least-used');
    clock.time += 999;
    expect(here.get('strategy')).toBe('least-used');
  });

  test('a stored value this build does not know leaves the variable in force', () => {
    const { db, here } = setUp();
    for (const value of ['"from-the-future"', '{', 'null']) {
      db.sqlite.query("insert or replace into settings values ('strategy', ?, 0)").run(value);
      here.unset('affinity'); // reads anew
      expect(here.get('strategy')).toBe('round-robin');
    }
  });

  test('values are parsed by the rules of their variables', () => {
    expect(parseSetting('strategy', 'random')).toBe('random');
    expect(parseSetting('affinity', 'no')).toBe(false);
    expect(parseSetting('log_retention_days', '30')).toBe(30);
    for (const name of settingNames) expect(() => parseSetting(name, 'nonsense')).toThrow(AppError);
    expect(() => parseSetting('log_retention_days', '-1')).toThrow('log_retention_days');
  });
});
