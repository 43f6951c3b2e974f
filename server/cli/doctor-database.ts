import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { schemaVersion } from '../../db/migrate.ts';
import { openReadOnly } from '../../db/read-only.ts';
import { commandName } from '../core/command-name.ts';
import { messageOf } from '../core/errors.ts';
import type { Env } from '../env.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { formatSpan, isoTime } from './time.ts';

/** Any build is younger than this (2026-01-01); a clock that shows less was never set. */
const oldestPossible = 1_767_225_600_000;
const toleratedSkewMs = 5 * 60_000;

/** Checks of the database's contents, on a read-only connection. */
export function checkDatabase(env: Env, now: number): Finding[] {
  const check = 'database';
  const path = env.DATABASE_PATH;
  if (!existsSync(path)) {
    return [warn(check, `there is none at ${path}`, `Run: ${commandName} init-db`), checkClock(undefined, now)];
  }
  let sqlite: Database | undefined;
  try {
    sqlite = openReadOnly(path);
    const integrity = checkIntegrity(sqlite, path);
    const schema = checkSchema(sqlite);
    // Tables can be relied on in a sound database of this very version only.
    if (integrity.status !== 'ok' || schema.status !== 'ok') return [integrity, schema, checkClock(undefined, now)];
    return [integrity, schema, checkAccounts(sqlite), checkKeys(sqlite), checkClock(sqlite, now)];
  } catch (error) {
    return [
      fail(check, `${path}: ${messageOf(error)}`, 'Stop the gateway and put back a backup.'),
      checkClock(undefined, now),
    ];
  } finally {
    sqlite?.close();
  }
}

function checkIntegrity(sqlite: Database, path: string): Finding {
  const check = 'database';
  const [first] = sqlite.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').all();
  if (first?.quick_check === 'ok') return ok(check, `${path} is sound`);
  const problem = first?.quick_check ?? 'no answer';
  return fail(check, `${path} is damaged: ${problem}`, 'Stop the gateway and put back a backup.');
}

function checkSchema(sqlite: Database): Finding {
  const check = 'database schema';
  const version = sqlite.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
  if (version === schemaVersion) return ok(check, `version ${version}`);
  if (version > schemaVersion) {
    return fail(
      check,
      `version ${version} is newer than this build's ${schemaVersion}`,
      'Use the newer build that wrote it.',
    );
  }
  return warn(
    check,
    `version ${version} of ${schemaVersion}`,
    `Run: ${commandName} init-db (the next start does it too)`,
  );
}

function checkAccounts(sqlite: Database): Finding {
  const check = 'accounts';
  const states = sqlite
    .query<{ state: string; count: number }, []>(
      'select state, count(*) as count from tokens group by state order by state',
    )
    .all();
  const countOf = (state: string) => states.find((row) => row.state === state)?.count ?? 0;
  const summary = states.map(({ state, count }) => `${count} ${state}`).join(', ');
  if (states.length === 0) return warn(check, 'there are none', `Run: ${commandName} tokens import FILE`);
  if (countOf('active') + countOf('cooling') === 0) {
    return fail(
      check,
      `none is usable (${summary})`,
      `Sign in again and import the new file, or run: ${commandName} tokens enable ACCOUNT`,
    );
  }
  if (countOf('needs-login') > 0)
    return warn(check, summary, 'Sign in again with those that need it and import the new files.');
  return ok(check, summary);
}

function checkKeys(sqlite: Database): Finding {
  const check = 'client keys';
  const count =
    sqlite.query<{ count: number }, []>('select count(*) as count from api_keys where is_active').get()?.count ?? 0;
  if (count > 0) return ok(check, `${count} active`);
  return warn(check, 'none is active, so /v1 is closed', `Run: ${commandName} keys create --name laptop`);
}

function checkClock(sqlite: Database | undefined, now: number): Finding {
  const check = 'clock';
  const mend = 'Set the clock (e.g. by NTP): tokens, cool-downs and limits go by it.';
  if (now < oldestPossible) return fail(check, `it shows ${isoTime(now)}`, mend);
  const newest = sqlite
    ?.query<{ at: number | null }, []>(
      'select max(coalesce((select max(updated_at) from tokens), 0), coalesce((select max(created_at) from api_logs), 0)) as at',
    )
    .get()?.at;
  if (newest != null && newest - now > toleratedSkewMs) {
    return warn(check, `it is ${formatSpan(newest - now)} behind the newest record`, mend);
  }
  return ok(check, isoTime(now) ?? '');
}
