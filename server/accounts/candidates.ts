import type { CandidateRow, SelectionRepository } from '../../db/repositories/selection.ts';
import type { StrategyName } from '../env.ts';

/**
 * Active accounts in the order a strategy wants them:
 * - `round-robin`: the least recently selected first.
 * - `random`: uniformly, whatever came before.
 * - `least-used`: the fewest requests in all first.
 * - `quota-aware`: the most head-room first (in tenths), then the soonest reset, then the least recently selected.
 * Within all of them a higher priority comes first. `random` is in [0,1).
 */
export function candidatesBy(strategy: StrategyName, repository: SelectionRepository, random: number): Iterable<CandidateRow> {
  return strategy === 'random' ? repository.aroundCircle(random) : repository.inOrder(strategy);
}
