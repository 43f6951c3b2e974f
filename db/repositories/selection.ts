import type { Db } from '../client.ts';

/** What decides whether an account may be used; credentials are read apart (see db/repositories/credentials.ts). */
export interface CandidateRow {
  id: string;
  state: 'active' | 'cooling' | 'needs-login' | 'disabled';
  stateUntil: number | null;
  maxConcurrency: number | null;
  catalogueId: string | null;
  credentialVersion: number;
  /** Changes with everything an operator or a refresh changes, not with counters. */
  updatedAt: number;
  /** Transient failures in a row. */
  failureStreak: number;
}

/** An account in the order of a strategy: what the strategies sort by. */
export interface OrderedRow {
  id: string;
  priority: number;
  selectedSeq: number;
  totalRequests: number;
  quotaRank: number;
  quotaResetAt: number;
}

/** Selections of one account since they were last written. */
export interface Selections {
  id: string;
  count: number;
  lastAt: number;
  /** Its new place on the circle of `random`. */
  randomPosition: number;
}

/** Why no account can be had, counted over the whole pool. */
export interface PoolCounts {
  total: number;
  active: number;
  cooling: number;
  /** Earliest end of a cool-down, or null. */
  earliestUntil: number | null;
}

const candidateColumns = `id, state, state_until as stateUntil, max_concurrency as maxConcurrency, catalogue_id as catalogueId,
  credential_version as credentialVersion, updated_at as updatedAt, failure_streak as failureStreak`;
const orderColumns = `id, priority, selected_seq as selectedSeq, total_requests as totalRequests, quota_rank as quotaRank,
  quota_reset_at as quotaResetAt`;

/**
 * Each order is an index over active accounts, so the first row costs the same with ten accounts as with ten thousand.
 * The index is named because the planner would rather sort the rows of the smaller index on `state`.
 */
const orders = {
  'round-robin': { index: 'tokens_round_robin', order: 'priority desc, selected_seq' },
  'least-used': { index: 'tokens_least_used', order: 'priority desc, total_requests, selected_seq' },
  'quota-aware': { index: 'tokens_quota', order: 'priority desc, quota_rank, quota_reset_at, selected_seq' },
} as const;

export type OrderedStrategy = keyof typeof orders;

export interface SelectionRepository {
  /** Active accounts, best first. Stop iterating when one fits. */
  inOrder(strategy: OrderedStrategy): Iterable<OrderedRow>;
  /** Active accounts by priority; within one, around the circle from `start` in [0,1). */
  aroundCircle(start: number): Iterable<OrderedRow>;
  find(id: string): CandidateRow | undefined;
  /** Notes selections, the least recent account first: each is last in turn now and has its requests more. */
  saveSelections(selections: readonly Selections[]): void;
  /** The turn number that the next selection gets. */
  nextSeq(): number;
  /**
   * Ends cool-downs whose time has come. A cool-down that began in the future was written before the clock was set
   * back: it is given its length again from now on. True when any ended.
   */
  endCoolDowns(now: number): boolean;
  /** A cool-down that is over at `now` counts as active, although the next request has yet to end it. */
  counts(now: number): PoolCounts;
  /** Whether any model of any account is set aside at `now`. */
  hasBlocks(now: number): boolean;
  /** Whether this model is, for this account. */
  isBlocked(id: string, model: string, now: number): boolean;
}

export function createSelectionRepository(db: Db): SelectionRepository {
  const { sqlite } = db;
  const select = (index: string, tail: string) =>
    `select ${orderColumns} from tokens indexed by ${index} where state = 'active' ${tail}`;
  const ordered = Object.fromEntries(
    Object.entries(orders).map(([name, { index, order }]) => [
      name,
      sqlite.query<OrderedRow, []>(select(index, `order by ${order}`)),
    ]),
  ) as Record<OrderedStrategy, ReturnType<typeof sqlite.query<OrderedRow, []>>>;

  const nextPriority = sqlite.query<{ priority: number }, [number]>(
    `select priority from tokens indexed by tokens_random where state = 'active' and priority < ? order by priority desc limit 1`,
  );
  const circleFrom = sqlite.query<OrderedRow, [number, number]>(
    select('tokens_random', 'and priority = ? and random_position >= ? order by random_position'),
  );
  const circleTo = sqlite.query<OrderedRow, [number, number]>(
    select('tokens_random', 'and priority = ? and random_position < ? order by random_position'),
  );

  const byId = sqlite.query<CandidateRow, [string]>(`select ${candidateColumns} from tokens where id = ?`);
  const lastSeq = sqlite.query<{ seq: number | null }, []>('select max(selected_seq) as seq from tokens');
  const mark = sqlite.query<unknown, [number, number, number, number, string]>(
    `update tokens set selected_seq = ?, total_requests = total_requests + ?, random_position = ?, last_used_at = ? where id = ?`,
  );
  const nextSeq = () => (lastSeq.get()?.seq ?? 0) + 1;
  const saveSelections = sqlite.transaction((selections: readonly Selections[]) => {
    let seq = nextSeq();
    for (const { id, count, lastAt, randomPosition } of selections) mark.run(seq++, count, randomPosition, lastAt, id);
  });
  const toEnd = sqlite.query<unknown, [number]>(
    `select 1 from tokens where state = 'cooling' and (state_until <= ?1 or state_changed_at > ?1 + 1000) limit 1`,
  );
  const rebase = sqlite.query<unknown, [number, number, number, number]>(
    `update tokens set state_until = ? + (state_until - state_changed_at), state_changed_at = ?
       where state = 'cooling' and state_until > ? and state_changed_at > ? + 1000`,
  );
  const release = sqlite.query<unknown, [number, number]>(
    `update tokens set state = 'active', state_reason = null, state_until = null, state_changed_at = ?
       where state = 'cooling' and state_until <= ?`,
  );
  const isOver = `(state = 'cooling' and state_until <= ?1)`;
  const isCooling = `(state = 'cooling' and (state_until is null or state_until > ?1))`;
  const count = sqlite.query<PoolCounts, [number]>(
    `select count(*) as total, count(*) filter (where state = 'active' or ${isOver}) as active,
       count(*) filter (where ${isCooling}) as cooling, min(state_until) filter (where ${isCooling}) as earliestUntil from tokens`,
  );
  const anyBlock = sqlite.query<unknown, [number]>('select 1 from model_blocks where until > ? limit 1');
  const blocked = sqlite.query<unknown, [string, string, number]>(
    'select 1 from model_blocks where token_id = ? and model = ? and until > ?',
  );

  return {
    inOrder: (strategy) => ordered[strategy].iterate(),
    *aroundCircle(start) {
      let below = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const priority = nextPriority.get(below)?.priority;
        if (priority === undefined) return;
        yield* circleFrom.iterate(priority, start);
        yield* circleTo.iterate(priority, start);
        below = priority;
      }
    },
    find: (id) => byId.get(id) ?? undefined,
    saveSelections: (selections) => saveSelections.immediate(selections),
    nextSeq,
    endCoolDowns(now) {
      // Mostly none has come to its end, and looking needs no lock that another process may hold.
      if (toEnd.get(now) === null) return false;
      rebase.run(now, now, now, now);
      return release.run(now, now).changes > 0;
    },
    counts: (now) => count.get(now) ?? { total: 0, active: 0, cooling: 0, earliestUntil: null },
    hasBlocks: (now) => anyBlock.get(now) !== null,
    isBlocked: (id, model, now) => blocked.get(id, model, now) !== null,
  };
}
