import type { Db } from '../client.ts';

export interface StoredResponseRow {
  id: string;
  apiKeyId: string;
  previousId: string | null;
  tokenId: string | null;
  payload: Buffer;
  /** Epoch milliseconds. */
  createdAt: number;
  expiresAt: number;
}

export interface ConversationRepository {
  /** Writes the row and points the item ids at it; the same id again replaces it. */
  insert(row: StoredResponseRow, itemIds: readonly string[]): void;
  find(apiKeyId: string, id: string): StoredResponseRow | undefined;
  /** The response that holds an item. */
  responseOfItem(apiKeyId: string, itemId: string): string | undefined;
  /** Moves the expiry of a response and all before it to `expiresAt`, where it is earlier than `unlessAfter`. */
  extendChain(apiKeyId: string, id: string, expiresAt: number, unlessAfter: number): void;
  remove(apiKeyId: string, id: string): boolean;
  removeExpired(before: number): void;
  /** The oldest first. */
  oldest(limit: number): { apiKeyId: string; id: string; bytes: number }[];
  /** Bytes of all payloads. */
  totalBytes(): number;
  /** Runs `work` in one immediate transaction; `work` must not await. */
  transaction(work: () => void): void;
}

export function createConversationRepository(db: Db): ConversationRepository {
  const { sqlite } = db;
  const insert = sqlite.query<unknown, [string, string, string | null, string | null, Buffer, number, number, number]>(
    `insert or replace into stored_responses (id, api_key_id, previous_id, token_id, payload, bytes, created_at, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertItem = sqlite.query<unknown, [string, string, string]>(
    'insert or replace into stored_items (api_key_id, item_id, response_id) values (?, ?, ?)',
  );
  const find = sqlite.query<Omit<StoredResponseRow, 'payload'> & { payload: Uint8Array }, [string, string]>(
    `select id, api_key_id as apiKeyId, previous_id as previousId, token_id as tokenId, payload, created_at as createdAt, expires_at as expiresAt
     from stored_responses where api_key_id = ? and id = ?`,
  );
  const findItem = sqlite.query<{ responseId: string }, [string, string]>(
    'select response_id as responseId from stored_items where api_key_id = ? and item_id = ?',
  );
  const extend = sqlite.query<unknown, [string, string, number, number]>(
    `with recursive chain(id, previous_id) as (
       select id, previous_id from stored_responses where api_key_id = ?1 and id = ?2
       union
       select earlier.id, earlier.previous_id from stored_responses earlier join chain on earlier.id = chain.previous_id
       where earlier.api_key_id = ?1)
     update stored_responses set expires_at = ?3 where api_key_id = ?1 and id in (select id from chain) and expires_at < ?4`,
  );
  const removeItems = sqlite.query<unknown, [string, string]>(
    'delete from stored_items where api_key_id = ? and response_id = ?',
  );
  const remove = sqlite.query<unknown, [string, string]>(
    'delete from stored_responses where api_key_id = ? and id = ?',
  );
  const removeExpiredItems = sqlite.query<unknown, [number]>(
    `delete from stored_items where (api_key_id, response_id) in (select api_key_id, id from stored_responses where expires_at <= ?)`,
  );
  const removeExpired = sqlite.query<unknown, [number]>('delete from stored_responses where expires_at <= ?');
  const oldest = sqlite.query<{ apiKeyId: string; id: string; bytes: number }, [number]>(
    'select api_key_id as apiKeyId, id, length(payload) as bytes from stored_responses order by created_at, rowid limit ?',
  );
  // The length of a blob stands in its row's header: the payloads themselves are not read.
  const total = sqlite.query<{ bytes: number }, []>(
    'select coalesce(sum(length(payload)), 0) as bytes from stored_responses',
  );

  return {
    insert(row, itemIds) {
      const { id, apiKeyId, previousId, tokenId, payload, createdAt, expiresAt } = row;
      insert.run(id, apiKeyId, previousId, tokenId, payload, payload.length, createdAt, expiresAt);
      for (const itemId of itemIds) insertItem.run(apiKeyId, itemId, id);
    },
    find(apiKeyId, id) {
      const row = find.get(apiKeyId, id);
      return row ? { ...row, payload: Buffer.from(row.payload) } : undefined;
    },
    responseOfItem: (apiKeyId, itemId) => findItem.get(apiKeyId, itemId)?.responseId,
    extendChain: (apiKeyId, id, expiresAt, unlessAfter) => void extend.run(apiKeyId, id, expiresAt, unlessAfter),
    remove(apiKeyId, id) {
      removeItems.run(apiKeyId, id);
      return remove.run(apiKeyId, id).changes > 0;
    },
    removeExpired(before) {
      removeExpiredItems.run(before);
      removeExpired.run(before);
    },
    oldest: (limit) => oldest.all(limit),
    totalBytes: () => total.get()?.bytes ?? 0,
    transaction: (work) => void sqlite.transaction(work).immediate(),
  };
}
