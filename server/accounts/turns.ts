import type { OrderedRow, OrderedStrategy, SelectionRepository } from '../../db/repositories/selection.ts';
import { createBatch } from '../core/batch.ts';
import type { Log } from '../core/log.ts';
import type { StrategyName } from '../env.ts';

/**
 * Whose turn it is. The order of the accounts is the database's, by the index of the strategy; its beginning is kept
 * in memory for a moment, and selections are written together, because a query and a write per request would cost
 * more than everything else in choosing. What was selected here is counted in at once; what another process changed
 * is seen when the moment is over.
 *
 * - `round-robin`: the least recently selected first.
 * - `random`: uniformly over the circle of `random_position`, on which a selected account gets a new place; the new
 *   places must be on disk before the next draw, so here every request writes.
 * - `least-used`: the fewest requests in all first.
 * - `quota-aware`: the most head-room first (in tenths), then the soonest reset, then the least recently selected.
 *
 * Within all of them a higher priority comes first.
 */
export interface Turns {
  /** Active accounts, best first. Stop iterating when one fits. As old as the kept beginning: look at its state. */
  candidates(strategy: StrategyName): Iterable<OrderedRow>;
  /** Notes that an account was selected at `now`. */
  mark(id: string, now: number): void;
  /** Something that decides about the order or the choice has changed: read it anew. */
  invalidate(): void;
  /** The same for what only `quota-aware` goes by. */
  invalidateQuota(): void;
  /** Whether any account has a model set aside: mostly none has, and nobody needs to ask for each. */
  hasModelBlocks(now: number): boolean;
  flush(): void;
}

/** How long selections wait to be written, and how old the kept beginning may get. */
const momentMs = 200;
/** Accounts kept in memory, in order. */
const keptAccounts = 64;
/** Of a pool larger than that, so many may be selected before the order is read anew: the others want their turn. */
const mostSelected = 32;

type Order = (a: OrderedRow, b: OrderedRow) => number;

/** The orders of db/repositories/selection.ts. */
const orders: Record<OrderedStrategy, Order> = {
  'round-robin': (a, b) => b.priority - a.priority || a.selectedSeq - b.selectedSeq,
  'least-used': (a, b) => b.priority - a.priority || a.totalRequests - b.totalRequests || a.selectedSeq - b.selectedSeq,
  'quota-aware': (a, b) =>
    b.priority - a.priority ||
    a.quotaRank - b.quotaRank ||
    a.quotaResetAt - b.quotaResetAt ||
    a.selectedSeq - b.selectedSeq,
};

/** The beginning of a strategy's order. */
interface Beginning {
  strategy: OrderedStrategy;
  rows: OrderedRow[];
  isWholePool: boolean;
  readAt: number;
}

export function createTurns(
  repository: SelectionRepository,
  /** Called before the order is read: writes what it goes by. */
  beforeRead: () => void,
  log: Log,
  random: () => number = Math.random,
): Turns {
  /** In the order of their last selection. */
  const unwritten = new Map<string, { count: number; lastAt: number; randomPosition: number }>();
  let nextSeq = 0;
  let beginning: Beginning | undefined;
  let blocks: { any: boolean; readAt: number } | undefined;
  const batch = createBatch<string>({
    maxDelayMs: momentMs,
    maxItems: Number.POSITIVE_INFINITY,
    write() {
      const selections = [...unwritten].map(([id, selection]) => ({ id, ...selection }));
      repository.saveSelections(selections);
      unwritten.clear();
      beginning = undefined;
    },
    onError: (error) => log.error({ err: error }, 'The selections of accounts cannot be written'),
  });

  function read(strategy: OrderedStrategy): Beginning {
    batch.flush();
    beforeRead();
    const rows: OrderedRow[] = [];
    let isWholePool = true;
    for (const row of repository.inOrder(strategy)) {
      if (rows.length === keptAccounts) {
        isWholePool = false;
        break;
      }
      rows.push(row);
    }
    return { strategy, rows, isWholePool, readAt: performance.now() };
  }

  function* inOrder(strategy: OrderedStrategy): Iterable<OrderedRow> {
    const isOld = !beginning || beginning.strategy !== strategy || performance.now() - beginning.readAt > momentMs;
    const current = isOld || !beginning ? read(strategy) : beginning;
    beginning = current;
    const offered = [...current.rows];
    yield* offered;
    if (current.isWholePool) return;
    const known = new Set(offered.map(({ id }) => id));
    for (const row of repository.inOrder(strategy)) if (!known.has(row.id)) yield row;
  }

  function* aroundCircle(): Iterable<OrderedRow> {
    // The places on the circle must be the ones drawn last, else gaps would favour who was lucky once.
    batch.flush();
    yield* repository.aroundCircle(random());
  }

  /** Puts a selected account where it belongs now. */
  function move({ rows, strategy }: Beginning, selectedId: string, selectedSeq: number): void {
    const at = rows.findIndex(({ id }) => id === selectedId);
    const row = rows[at];
    if (!row) return;
    const selected = { ...row, selectedSeq, totalRequests: row.totalRequests + 1 };
    rows.splice(at, 1);
    const order = orders[strategy];
    rows.splice(rows.findLastIndex((other) => order(other, selected) < 0) + 1, 0, selected);
  }

  return {
    candidates: (strategy) => (strategy === 'random' ? aroundCircle() : inOrder(strategy)),
    mark(id, now) {
      if (unwritten.size === 0) nextSeq = repository.nextSeq();
      const count = (unwritten.get(id)?.count ?? 0) + 1;
      unwritten.delete(id);
      unwritten.set(id, { count, lastAt: now, randomPosition: random() });
      if (beginning) move(beginning, id, nextSeq);
      nextSeq += 1;
      batch.add(id);
      if (unwritten.size >= mostSelected && beginning?.isWholePool !== true) batch.flush();
    },
    invalidate() {
      beginning = undefined;
      blocks = undefined;
    },
    invalidateQuota() {
      if (beginning?.strategy === 'quota-aware') beginning = undefined;
    },
    hasModelBlocks(now) {
      const at = performance.now();
      if (!blocks || at - blocks.readAt > momentMs) blocks = { any: repository.hasBlocks(now), readAt: at };
      return blocks.any;
    },
    flush: () => batch.flush(),
  };
}
