import type { Db } from '../client.ts';

/** What the background work needs to know and write. */
export interface MaintenanceRepository {
  /**
   * True when `owner` may do the shared background work until `until`: one process at a time does. The turn of
   * `former`, a process known to be gone, is taken over.
   */
  takeTurn(owner: string, now: number, until: number, former?: string): boolean;
  turnOwner(): string | null;
  endTurn(owner: string): void;
  /** Usable accounts whose catalogue was not fetched since `before`, longest ago first. */
  dueForCatalogue(before: number, limit: number): string[];
  /** Usable accounts whose quota was not read since `before`. */
  dueForQuota(before: number, limit: number): string[];
  saveCatalogue(accountId: string, catalogueId: string | null, now: number): void;
  catalogueId(accountId: string): string | null;
  saveRouting(accountId: string, routingOverride: string | null, backendOrigin: string | null, now: number): void;
  noteQuotaTried(accountId: string, now: number): void;
  removeExpiredBlocks(now: number): void;
}

const turnKey = 'maintenance_turn';

export function createMaintenanceRepository(db: Db): MaintenanceRepository {
  const { sqlite } = db;
  const take = sqlite.query<unknown, [string, string, number, number, string, number]>(
    `insert into settings (key, value, updated_at) values (?, ?, ?)
       on conflict do update set value = excluded.value, updated_at = excluded.updated_at
       where settings.updated_at < ? or settings.value = ? or settings.updated_at > ? + 3600000`,
  );
  const turn = sqlite.query<{ value: string }, [string]>('select value from settings where key = ?');
  const end = sqlite.query<unknown, [string, string]>('update settings set updated_at = 0 where key = ? and value = ?');
  const usable = `state in ('active', 'cooling')`;
  const catalogueDue = sqlite.query<{ id: string }, [number, number]>(
    `select id from tokens where ${usable} and (catalogue_checked_at is null or catalogue_checked_at < ?) order by catalogue_checked_at limit ?`,
  );
  const quotaDue = sqlite.query<{ id: string }, [number, number]>(
    `select id from tokens where ${usable} and (quota_checked_at is null or quota_checked_at < ?) order by quota_checked_at limit ?`,
  );
  const catalogue = sqlite.query<unknown, [string | null, number, string]>(
    'update tokens set catalogue_id = coalesce(?, catalogue_id), catalogue_checked_at = ? where id = ?',
  );
  const catalogueId = sqlite.query<{ id: string | null }, [string]>(
    'select catalogue_id as id from tokens where id = ?',
  );
  const routing = sqlite.query<unknown, [string | null, string | null, number, string, string | null, string | null]>(
    `update tokens set routing_override = ?, backend_origin = ?, updated_at = max(updated_at + 1, ?)
       where id = ? and (routing_override is not ? or backend_origin is not ?)`,
  );
  const quotaTried = sqlite.query<unknown, [number, string]>('update tokens set quota_checked_at = ? where id = ?');
  const blocks = sqlite.query<unknown, [number]>('delete from model_blocks where until <= ?');

  return {
    takeTurn: (owner, now, until, former = owner) =>
      take.run(turnKey, JSON.stringify(owner), until, now, JSON.stringify(former), now).changes > 0,
    turnOwner() {
      const value = turn.get(turnKey)?.value;
      return value === undefined ? null : (JSON.parse(value) as string);
    },
    endTurn: (owner) => void end.run(turnKey, JSON.stringify(owner)),
    dueForCatalogue: (before, limit) => catalogueDue.all(before, limit).map(({ id }) => id),
    dueForQuota: (before, limit) => quotaDue.all(before, limit).map(({ id }) => id),
    saveCatalogue: (accountId, id, now) => void catalogue.run(id, now, accountId),
    catalogueId: (accountId) => catalogueId.get(accountId)?.id ?? null,
    saveRouting: (accountId, override, origin, now) =>
      void routing.run(override, origin, now, accountId, override, origin),
    noteQuotaTried: (accountId, now) => void quotaTried.run(now, accountId),
    removeExpiredBlocks: (now) => void blocks.run(now),
  };
}
