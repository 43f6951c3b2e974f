import type { Db } from '../client.ts';

/** What selection needs to know of an account; credentials are read apart (see db/repositories/credentials.ts). */
export interface CandidateRow {
  id: string;
  state: 'active' | 'cooling' | 'needs-login' | 'disabled';
  stateUntil: number | null;
  maxConcurrency: number | null;
  catalogueId: string | null;
  credentialVersion: number;
  /** Changes with everything an operator or a refresh changes, not with counters. */
  updatedAt: number;
}

/** Why no account can be had, counted over the whole pool. */
export interface PoolCounts {
  total: number;
  active: number;
  cooling: number;
  /** Earliest end of a cool-down, or null. */
  earliestUntil: number | null;
}

const columns = `id, state, state_until as stateUntil, max_concurrency as maxConcurrency, catalogue_id as catalogueId,
  credential_version as credentialVersion, updated_at as updatedAt`;

/** Each order is an index over active accounts, so the first row costs the same with ten accounts as with ten thousand. */
const orders = {
  'round-robin': 'priority desc, selected_seq',
  'least-used': 'priority desc, total_requests, selected_seq',
  'quota-aware': 'priority desc, quota_rank, quota_reset_at, selected_seq',
} as const;

export type OrderedStrategy = keyof typeof orders;

export interface SelectionRepository {
  /** Active accounts, best first. Stop iterating when one fits. */
  inOrder(strategy: OrderedStrategy): Iterable<CandidateRow>;
  /** Active accounts by priority; within one, around the circle from `start` in [0,1). */
  aroundCircle(start: number): Iterable<CandidateRow>;
  find(id: string): CandidateRow | undefined;
  /** Notes a selection: last in turn, one request more, a new place on the circle. */
  markSelected(id: string, randomPosition: number, now: number): void;
  /**
   * Ends cool-downs whose time has come. A cool-down that began in the future was written before the clock was set
   * back: it is given its length again from now on.
   */
  endCoolDowns(now: number): void;
  counts(): PoolCounts;
  /** Models set aside for an account at `now`. */
  isBlocked(id: string, model: string, now: number): boolean;
}

export function createSelectionRepository(db: Db): SelectionRepository {
  const { sqlite } = db;
  const select = (tail: string) => `select ${columns} from tokens where state = 'active' ${tail}`;
  const ordered = Object.fromEntries(
    Object.entries(orders).map(([name, order]) => [name, sqlite.query<CandidateRow, []>(select(`order by ${order}`))]),
  ) as Record<OrderedStrategy, ReturnType<typeof sqlite.query<CandidateRow, []>>>;

  const highestPriority = sqlite.query<{ priority: number | null }, [number]>(
    `select max(priority) as priority from tokens where state = 'active' and priority < ?`,
  );
  const circleFrom = sqlite.query<CandidateRow, [number, number]>(select('and priority = ? and random_position >= ? order by random_position'));
  const circleTo = sqlite.query<CandidateRow, [number, number]>(select('and priority = ? and random_position < ? order by random_position'));

  const byId = sqlite.query<CandidateRow, [string]>(`select ${columns} from tokens where id = ?`);
  const mark = sqlite.query<unknown, [number, number, string]>(
    `update tokens set selected_seq = (select max(selected_seq) from tokens) + 1, total_requests = total_requests + 1,
       random_position = ?, last_used_at = ? where id = ?`,
  );
  const rebase = sqlite.query<unknown, [number, number, number, number]>(
    `update tokens set state_until = ? + (state_until - state_changed_at), state_changed_at = ?
       where state = 'cooling' and state_until > ? and state_changed_at > ? + 1000`,
  );
  const release = sqlite.query<unknown, [number, number]>(
    `update tokens set state = 'active', state_reason = null, state_until = null, state_changed_at = ?
       where state = 'cooling' and state_until <= ?`,
  );
  const count = sqlite.query<PoolCounts, []>(
    `select count(*) as total, count(*) filter (where state = 'active') as active, count(*) filter (where state = 'cooling') as cooling,
       min(state_until) filter (where state = 'cooling') as earliestUntil from tokens`,
  );
  const blocked = sqlite.query<unknown, [string, string, number]>('select 1 from model_blocks where token_id = ? and model = ? and until > ?');

  return {
    inOrder: (strategy) => ordered[strategy].iterate(),
    *aroundCircle(start) {
      let below = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const priority = highestPriority.get(below)?.priority ?? null;
        if (priority === null) return;
        yield* circleFrom.iterate(priority, start);
        yield* circleTo.iterate(priority, start);
        below = priority;
      }
    },
    find: (id) => byId.get(id) ?? undefined,
    markSelected: (id, randomPosition, now) => void mark.run(randomPosition, now, id),
    endCoolDowns(now) {
      rebase.run(now, now, now, now);
      release.run(now, now);
    },
    counts: () => count.get() ?? { total: 0, active: 0, cooling: 0, earliestUntil: null },
    isBlocked: (id, model, now) => blocked.get(id, model, now) !== null,
  };
}
