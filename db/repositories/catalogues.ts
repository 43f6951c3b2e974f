import type { Db } from '../client.ts';

/** A model catalogue as some account was given it. */
export interface CatalogueRow {
  /** SHA-256 of the body, in hex. */
  id: string;
  /** `{"models":[…]}` verbatim. */
  body: string;
  etag: string | null;
  fetchedAt: number;
}

export interface CatalogueRepository {
  /** Adds a body, or notes that a known one was given again. */
  put(row: CatalogueRow): void;
  get(id: string): CatalogueRow | undefined;
  /** Ids and times only, freshest first: cheap enough to ask every second. */
  index(): Pick<CatalogueRow, 'id' | 'fetchedAt'>[];
  /** Deletes what no account refers to and was last given before `fetchedBefore`. Returns how many. */
  removeUnused(fetchedBefore: number): number;
}

export function createCatalogueRepository({ sqlite }: Db): CatalogueRepository {
  const put = sqlite.query<unknown, [string, string, string | null, number]>(
    `insert into catalogues (id, body, etag, fetched_at) values (?, ?, ?, ?)
     on conflict (id) do update set etag = excluded.etag, fetched_at = max(fetched_at, excluded.fetched_at)`,
  );
  const get = sqlite.query<CatalogueRow, [string]>(
    'select id, body, etag, fetched_at as fetchedAt from catalogues where id = ?',
  );
  const index = sqlite.query<Pick<CatalogueRow, 'id' | 'fetchedAt'>, []>(
    'select id, fetched_at as fetchedAt from catalogues order by fetched_at desc, id',
  );
  const removeUnused = sqlite.query<unknown, [number]>(
    `delete from catalogues where fetched_at < ?
     and id not in (select catalogue_id from tokens where catalogue_id is not null)`,
  );
  return {
    put: (row) => void put.run(row.id, row.body, row.etag, row.fetchedAt),
    get: (id) => get.get(id) ?? undefined,
    index: () => index.all(),
    removeUnused: (fetchedBefore) => removeUnused.run(fetchedBefore).changes,
  };
}
