import { eq, or } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { apiKeys } from '../schema/index.ts';

/** A stored client key; the key itself is not in it and cannot be had from it. */
export type KeyRow = typeof apiKeys.$inferSelect;
export type NewKeyRow = Pick<
  KeyRow,
  'id' | 'name' | 'keyHash' | 'prefix' | 'expiresAt' | 'allowedModels' | 'createdAt'
>;

/** What a request needs to know of its key. */
export interface ClientKey {
  id: string;
  name: string;
  isActive: boolean;
  /** Epoch milliseconds; null is never. */
  expiresAt: number | null;
  /** Public model ids; null allows all. */
  allowedModels: string[] | null;
}

export interface KeyRepository {
  insert(row: NewKeyRow): void;
  /** Oldest first. */
  list(): KeyRow[];
  get(id: string): KeyRow | undefined;
  /** Keys whose id, visible prefix or name is exactly `reference`. */
  matching(reference: string): KeyRow[];
  /** False when there is no such key; so are the two below. */
  setActive(id: string, isActive: boolean, now: number): boolean;
  rename(id: string, name: string, now: number): boolean;
  remove(id: string): boolean;
  /** Prepared: for every request. */
  findByHash(hash: string): ClientKey | undefined;
  hasAny(): boolean;
}

export function createKeyRepository(db: Db): KeyRepository {
  const { orm, sqlite } = db;
  const byHash = sqlite.query<
    { id: string; name: string; isActive: number; expiresAt: number | null; allowedModels: string | null },
    [string]
  >(
    `select id, name, is_active as isActive, expires_at as expiresAt, allowed_models as allowedModels
       from api_keys where key_hash = ?`,
  );
  const any = sqlite.query<{ found: number }, []>('select exists (select 1 from api_keys) as found');
  const update = (id: string, values: Partial<KeyRow>) =>
    orm.update(apiKeys).set(values).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id }).all().length > 0;

  return {
    insert: (row) =>
      orm
        .insert(apiKeys)
        .values({ ...row, updatedAt: row.createdAt })
        .run(),
    list: () => orm.select().from(apiKeys).orderBy(apiKeys.createdAt, apiKeys.id).all(),
    get: (id) => orm.select().from(apiKeys).where(eq(apiKeys.id, id)).get(),
    matching: (reference) =>
      orm
        .select()
        .from(apiKeys)
        .where(or(eq(apiKeys.id, reference), eq(apiKeys.prefix, reference), eq(apiKeys.name, reference)))
        .orderBy(apiKeys.createdAt, apiKeys.id)
        .all(),
    setActive: (id, isActive, now) => update(id, { isActive, updatedAt: now }),
    rename: (id, name, now) => update(id, { name, updatedAt: now }),
    remove: (id) => orm.delete(apiKeys).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id }).all().length > 0,
    findByHash(hash) {
      const row = byHash.get(hash);
      if (!row) return undefined;
      const allowedModels = row.allowedModels === null ? null : (JSON.parse(row.allowedModels) as string[]);
      return { ...row, isActive: row.isActive === 1, allowedModels };
    },
    hasAny: () => any.get()?.found === 1,
  };
}
