import type { Db } from '../client.ts';

export interface SettingRepository {
  /** Every stored value by name, as JSON text. Prepared: live settings read it twice a second. */
  all(): Map<string, string>;
  set(key: string, json: string, now: number): void;
  /** False when nothing was stored under that name. */
  remove(key: string): boolean;
}

export function createSettingRepository(db: Db): SettingRepository {
  const { sqlite } = db;
  const all = sqlite.query<{ key: string; value: string }, []>('select key, value from settings');
  const set = sqlite.query<unknown, [string, string, number]>(
    `insert into settings (key, value, updated_at) values (?, ?, ?)
       on conflict do update set value = excluded.value, updated_at = excluded.updated_at`,
  );
  const remove = sqlite.query<unknown, [string]>('delete from settings where key = ?');
  return {
    all: () => new Map(all.all().map(({ key, value }) => [key, value])),
    set: (key, json, now) => void set.run(key, json, now),
    remove: (key) => remove.run(key).changes > 0,
  };
}
