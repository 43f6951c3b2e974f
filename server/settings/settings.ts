import type { Db } from '../../db/client.ts';
import { createSettingRepository } from '../../db/repositories/settings.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type Env, variables } from '../env.ts';

/** Every live setting and the variable that gives its value while none is stored; type and meaning are that variable's. */
const sources = {
  strategy: 'LOAD_BALANCE_STRATEGY',
  affinity: 'AFFINITY',
  log_retention_days: 'LOG_RETENTION_DAYS',
} as const;

export type SettingName = keyof typeof sources;
export type SettingValue<Name extends SettingName> = Env[(typeof sources)[Name]];
export const settingNames = Object.keys(sources) as SettingName[];

/** Where a value comes from: the database, a variable, or (when that has its default value) nobody. */
export type SettingOrigin = 'stored' | 'environment' | 'default';

export interface ListedSetting {
  name: SettingName;
  value: SettingValue<SettingName>;
  origin: SettingOrigin;
  /** The variable that counts while nothing is stored. */
  variable: string;
  about: string;
}

export interface Settings {
  /** The stored value, else the environment's. Another process's change is seen within half a second. */
  get<Name extends SettingName>(name: Name): SettingValue<Name>;
  set<Name extends SettingName>(name: Name, value: SettingValue<Name>): void;
  /** Goes back to the environment's value. False when nothing was stored. */
  unset(name: SettingName): boolean;
  list(): ListedSetting[];
}

const believedMs = 500;

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(sources, name);
}

/** The value that `text` means, by the rules of the variable. Throws an `invalid_request` error that names the setting. */
export function parseSetting<Name extends SettingName>(name: Name, text: string): SettingValue<Name> {
  const result = variables[sources[name]].schema.safeParse(text);
  if (result.success) return result.data as SettingValue<Name>;
  const problem = result.error.issues[0]?.message ?? 'is not valid';
  throw new AppError('invalid_request', `${name}: ${problem} (it is ${JSON.stringify(text)})`, { param: name });
}

export function createSettings(deps: { db: Db; env: Env; clock: Clock }): Settings {
  const { env, clock } = deps;
  const repository = createSettingRepository(deps.db);
  let reading: { values: StoredValues; readAt: number } | undefined;

  /** The stored values, at most half a second old. */
  function stored(): StoredValues {
    const now = clock.now();
    const age = reading ? now - reading.readAt : -1;
    // Negative also when the clock was set back.
    if (!reading || age < 0 || age >= believedMs) reading = { values: readAll(repository.all()), readAt: now };
    return reading.values;
  }

  return {
    get: (name) => (stored()[name] ?? env[sources[name]]) as SettingValue<typeof name>,
    set(name, value) {
      repository.set(name, JSON.stringify(value), clock.now());
      reading = undefined;
    },
    unset(name) {
      reading = undefined;
      return repository.remove(name);
    },
    list: () =>
      settingNames.map((name) => {
        const variable = sources[name];
        const value = stored()[name];
        const fallback = parseSetting(name, variables[variable].fallback ?? '');
        const origin = value !== undefined ? 'stored' : env[variable] === fallback ? 'default' : 'environment';
        return { name, value: value ?? env[variable], origin, variable, about: variables[variable].about };
      }),
  };
}

type StoredValues = { readonly [Name in SettingName]?: SettingValue<SettingName> };

/** Leaves out a value that this build cannot use, e.g. a strategy of a newer one: then the environment's counts. */
function readAll(rows: ReadonlyMap<string, string>): StoredValues {
  const values: { [Name in SettingName]?: SettingValue<SettingName> } = {};
  for (const name of settingNames) {
    const json = rows.get(name);
    if (json === undefined) continue;
    try {
      values[name] = parseSetting(name, String(JSON.parse(json)));
    } catch {
      // As said above.
    }
  }
  return values;
}
