import type { CandidateRow, OrderedStrategy, SelectionRepository } from '../../db/repositories/selection.ts';
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

const orders: Record<OrderedStrategy, Order> = {
  'round-robin': (a, b) => b.priority - a.priority || a.selectedSeq - b.selectedSeq,
  'least-used': (a, b) => b.priority - a.priority || a.totalRequests - b.totalRequests || a.selectedSeq - b.selectedSeq,
  'quota-aware': (a, b) =>
    b.priority - a.priority || a.quotaRank - b.quotaRank || a.quotaResetAt - b.quotaResetAt || a.selectedSeq - b.selectedSeq,
};

export function createTurns(repository: SelectionRepository, random: () => number = Math.random): Turns {
  /** As they will be once written; in the order of their last selection. */
  const waiting = new Map<string, { row: CandidateRow; count: number; lastAt: number }>();
  let nextSeq = 0;
  const batch = createBatch<string>({
    maxDelayMs: writeDelayMs,
    maxItems: Number.POSITIVE_INFINITY,
    write() {
      const selections = [...waiting].map(([id, { count, lastAt }]) => ({ id, count, lastAt, randomPosition: random() }));
      waiting.clear();
      repository.saveSelections(selections);
    },
  });

  function* inOrder(strategy: OrderedStrategy): Iterable<CandidateRow> {
    const order = orders[strategy];
    // Their state is read anew: another process may have changed it since.
    const own = [...waiting.values()].map(({ row }) => row).sort(order);
    let next = 0;
    for (const row of repository.inOrder(strategy)) {
      if (waiting.has(row.id)) continue;
      for (let mine = own[next]; mine && order(mine, row) < 0; mine = own[next]) {
        next += 1;
        yield* stillActive(mine);
      }
      yield row;
    }
    for (const mine of own.slice(next)) yield* stillActive(mine);
  }

  function* stillActive({ id, selectedSeq, totalRequests }: CandidateRow): Iterable<CandidateRow> {
    const row = repository.find(id);
    if (row?.state === 'active') yield { ...row, selectedSeq, totalRequests };
  }

  return {
    candidates: (strategy) => (strategy === 'random' ? repository.aroundCircle(random()) : inOrder(strategy)),
    mark(row, now) {
      if (waiting.size === 0) nextSeq = repository.nextSeq();
      const count = (waiting.get(row.id)?.count ?? 0) + 1;
      waiting.delete(row.id);
      waiting.set(row.id, { row: { ...row, selectedSeq: nextSeq, totalRequests: row.totalRequests + 1 }, count, lastAt: now });
      nextSeq += 1;
      batch.add(row.id);
      if (waiting.size >= mostWaiting) batch.flush();
    },
    flush: () => batch.flush(),
  };
}
