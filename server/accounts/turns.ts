import type { CandidateRow, SelectionRepository } from '../../db/repositories/selection.ts';
import { createBatch } from '../core/batch.ts';
import type { StrategyName } from '../env.ts';

/**
 * Whose turn it is. Accounts come from the database in the order of the strategy's index; selections are written
 * together a moment later, because a write per request costs more than everything else in choosing. Until then they
 * are counted in here, so that the order is as if each had been written at once.
 *
 * - `round-robin`: the least recently selected first.
 * - `random`: uniformly, whatever came before.
 * - `least-used`: the fewest requests in all first.
 * - `quota-aware`: the most head-room first (in tenths), then the soonest reset, then the least recently selected.
 *
 * Within all of them a higher priority comes first.
 */
export interface Turns {
  /** Active accounts, best first. Stop iterating when one fits. */
  candidates(strategy: StrategyName): Iterable<CandidateRow>;
  /** Notes that `row` was selected at `now`. */
  mark(row: CandidateRow, now: number): void;
  flush(): void;
}

const writeDelayMs = 200;
/** Accounts whose selections wait: each of them is passed over in the database's order until they are written. */
const mostWaiting = 32;

type Order = (a: CandidateRow, b: CandidateRow) => number;

/** The order of each strategy, as its index has it; `start` is where on the circle `random` begins. */
const orders: Record<StrategyName, (start: number) => Order> = {
  'round-robin': () => (a, b) => b.priority - a.priority || a.selectedSeq - b.selectedSeq,
  'least-used': () => (a, b) => b.priority - a.priority || a.totalRequests - b.totalRequests || a.selectedSeq - b.selectedSeq,
  'quota-aware': () => (a, b) =>
    b.priority - a.priority || a.quotaRank - b.quotaRank || a.quotaResetAt - b.quotaResetAt || a.selectedSeq - b.selectedSeq,
  random: (start) => (a, b) => b.priority - a.priority || distance(start, a) - distance(start, b),
};

/** How far an account is on the circle from `start`, going up and around. */
function distance(start: number, { randomPosition }: CandidateRow): number {
  return (randomPosition - start + 1) % 1;
}

export function createTurns(repository: SelectionRepository, random: () => number = Math.random): Turns {
  /** As they will be once written; in the order of their last selection. */
  const waiting = new Map<string, { row: CandidateRow; count: number; lastAt: number }>();
  let nextSeq = 0;
  const batch = createBatch<string>({
    maxDelayMs: writeDelayMs,
    maxItems: Number.POSITIVE_INFINITY,
    write() {
      const selections = [...waiting].map(([id, { row, count, lastAt }]) => ({ id, count, lastAt, randomPosition: row.randomPosition }));
      waiting.clear();
      repository.saveSelections(selections);
    },
  });

  function* candidates(strategy: StrategyName): Iterable<CandidateRow> {
    const start = random();
    const order = orders[strategy](start);
    // Head-room changes with every answer; what the other strategies go by only a selection changes.
    const own = [...waiting.values()].flatMap(({ row }) => (strategy === 'quota-aware' ? current(row) : row)).sort(order);
    let next = 0;
    for (const row of strategy === 'random' ? repository.aroundCircle(start) : repository.inOrder(strategy)) {
      if (waiting.has(row.id)) continue;
      for (let mine = own[next]; mine && order(mine, row) < 0; mine = own[next]) {
        next += 1;
        yield* current(mine);
      }
      yield row;
    }
    for (const mine of own.slice(next)) yield* current(mine);
  }

  /** The account as it is now (another process may have changed it), with what waits to be written; none if not active. */
  function current({ id, selectedSeq, totalRequests, randomPosition }: CandidateRow): CandidateRow[] {
    const row = repository.find(id);
    return row?.state === 'active' ? [{ ...row, selectedSeq, totalRequests, randomPosition }] : [];
  }

  return {
    candidates,
    mark(row, now) {
      if (waiting.size === 0) nextSeq = repository.nextSeq();
      const count = (waiting.get(row.id)?.count ?? 0) + 1;
      waiting.delete(row.id);
      waiting.set(row.id, { row: { ...row, selectedSeq: nextSeq, totalRequests: row.totalRequests + 1, randomPosition: random() }, count, lastAt: now });
      nextSeq += 1;
      batch.add(row.id);
      if (waiting.size >= mostWaiting) batch.flush();
    },
    flush: () => batch.flush(),
  };
}
