import type { Db } from '../client.ts';

export interface Binding {
  key: string;
  tokenId: string;
  expiresAt: number;
}

export interface BindingRepository {
  find(key: string, now: number): string | undefined;
  save(bindings: readonly Binding[]): void;
  removeExpired(now: number): void;
}

export function createBindingRepository(db: Db): BindingRepository {
  const { sqlite } = db;
  const byKey = sqlite.query<{ tokenId: string }, [string, number]>(
    'select token_id as tokenId from bindings where key = ? and expires_at > ?',
  );
  const upsert = sqlite.query<unknown, [string, string, number]>(
    `insert into bindings (key, token_id, expires_at) values (?, ?, ?)
       on conflict do update set token_id = excluded.token_id, expires_at = excluded.expires_at`,
  );
  const expire = sqlite.query<unknown, [number]>('delete from bindings where expires_at <= ?');
  const save = sqlite.transaction((bindings: readonly Binding[]) => {
    for (const { key, tokenId, expiresAt } of bindings) upsert.run(key, tokenId, expiresAt);
  });
  return {
    find: (key, now) => byKey.get(key, now)?.tokenId,
    save: (bindings) => save.immediate(bindings),
    removeExpired: (now) => void expire.run(now),
  };
}
