import { LRUCache } from 'lru-cache';
import type { Db } from '../../db/client.ts';
import { type ClientKey, createKeyRepository, type KeyRow } from '../../db/repositories/keys.ts';
import type { Clock } from '../core/clock.ts';
import { newId } from '../core/ids.ts';
import { hashKey, newKey, visiblePrefix } from './key.ts';

export type { ClientKey };

/** How long an answer of the database is believed: a key revoked by another process is refused within this time. */
const believedMs = 500;
/** Longer than any key, ours or taken over; what is longer is not hashed. */
const longestPresented = 512;
const printable = /^[\x21-\x7e]+$/;

export interface NewKeyOptions {
  name: string;
  /** Epoch milliseconds; null is never. */
  expiresAt: number | null;
  /** Public model ids; null allows all. */
  allowedModels: string[] | null;
}

export interface KeyService {
  /** Makes a key. Its text is in the result and nowhere else: only a hash is stored. */
  create(options: NewKeyOptions): KeyRow & { key: string };
  /** Oldest first, without the keys themselves. */
  list(): KeyRow[];
  /** The keys that `reference` can mean: those with that id, else those with that visible prefix or exact name. */
  resolve(reference: string): KeyRow[];
  /** False when there is no such key; so are the two below. */
  setActive(id: string, isActive: boolean): boolean;
  rename(id: string, name: string): boolean;
  remove(id: string): boolean;
  /**
   * The key a client presented, at most half a second old. Undefined when there is none; the caller judges
   * `isActive` and `expiresAt`, so that it can say what is wrong.
   */
  find(presented: string): ClientKey | undefined;
  /** Whether any key exists; while there is none, `/v1` is closed and says so. */
  hasAnyKey(): boolean;
}

interface Reading<T> {
  value: T;
  readAt: number;
}

export function createKeyService(deps: { db: Db; clock: Clock }): KeyService {
  const { clock } = deps;
  const repository = createKeyRepository(deps.db);
  // Keyed by the whole hash, so that keys with a common beginning never share an entry. Misses have a place of their
  // own: a flood of invalid keys does not push out the valid ones.
  const hits = new LRUCache<string, Reading<ClientKey>>({ max: 4_096 });
  const misses = new LRUCache<string, Reading<undefined>>({ max: 4_096 });
  let anyKey: Reading<boolean> | undefined;

  const isFresh = (reading: Reading<unknown>, now: number) => {
    const age = now - reading.readAt;
    // Negative when the clock was set back.
    return age >= 0 && age < believedMs;
  };
  const forget = () => {
    hits.clear();
    misses.clear();
    anyKey = undefined;
  };
  /** Passes on whether a row changed. What this process changes, it sees at once. */
  const changing = (isChanged: boolean) => {
    forget();
    return isChanged;
  };

  return {
    create({ name, expiresAt, allowedModels }) {
      const key = newKey();
      const row = { name, expiresAt, allowedModels, keyHash: hashKey(key), prefix: visiblePrefix(key) };
      const createdAt = clock.now();
      const id = newId('key');
      repository.insert({ ...row, id, createdAt });
      forget();
      return { ...row, id, key, createdAt, updatedAt: createdAt, isActive: true, usageCount: 0, lastUsedAt: null };
    },
    list: () => repository.list(),
    resolve(reference) {
      const found = repository.matching(reference);
      const exact = found.filter((row) => row.id === reference);
      return exact.length > 0 ? exact : found;
    },
    setActive: (id, isActive) => changing(repository.setActive(id, isActive, clock.now())),
    rename: (id, name) => changing(repository.rename(id, name, clock.now())),
    remove: (id) => changing(repository.remove(id)),
    find(presented) {
      if (presented.length > longestPresented || !printable.test(presented)) return undefined;
      const hash = hashKey(presented);
      const now = clock.now();
      const known = hits.get(hash) ?? misses.get(hash);
      if (known && isFresh(known, now)) return known.value;
      const value = repository.findByHash(hash);
      if (value) {
        hits.set(hash, { value, readAt: now });
      } else {
        hits.delete(hash);
        misses.set(hash, { value, readAt: now });
      }
      return value;
    },
    hasAnyKey() {
      const now = clock.now();
      if (!anyKey || !isFresh(anyKey, now)) anyKey = { value: repository.hasAny(), readAt: now };
      return anyKey.value;
    },
  };
}
