import type { Usage } from '../contract/usage.ts';
import type { Price } from './table.ts';

/** What the tier `flex` costs, of every model that has it. */
const flexFactor = 0.5;

/**
 * What the public API would charge for an answer, in whole micro-dollars, rounded once. Null when the price, the
 * input, the cached part or the output is unknown. Cached and cache-write tokens are parts of the input with prices of
 * their own; an upstream that does not report cache writes is taken not to charge them apart. `serviceTier` is the
 * tier the answer was served with; anything but `priority` (also called `fast`) and `flex` is the normal one.
 */
export function costMicros(price: Price | null, usage: Usage, serviceTier?: string | null): number | null {
  const { inputTokens, cachedTokens, outputTokens } = usage;
  if (!price || inputTokens === null || cachedTokens === null || outputTokens === null) return null;
  const cached = Math.min(cachedTokens, inputTokens);
  const written = Math.min(usage.cacheWriteTokens ?? 0, inputTokens - cached);
  const input =
    (inputTokens - cached - written) * price.input +
    cached * (price.cached ?? price.input) +
    written * (price.cacheWrite ?? price.input);
  const isLong = price.longContext !== undefined && inputTokens > price.longContext.aboveTokens;
  const inputFactor = isLong ? (price.longContext?.inputFactor ?? 1) : 1;
  const outputFactor = isLong ? (price.longContext?.outputFactor ?? 1) : 1;
  const perMillion = input * inputFactor + outputTokens * price.output * outputFactor;
  return Math.round((perMillion * tierFactor(price, serviceTier)) / 1_000_000);
}

function tierFactor(price: Price, serviceTier: string | null | undefined): number {
  if (serviceTier === 'priority' || serviceTier === 'fast') return price.priorityFactor;
  return serviceTier === 'flex' ? flexFactor : 1;
}
