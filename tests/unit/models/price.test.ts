import { expect, test } from 'bun:test';
import { type Usage, unknownUsage } from '../../../server/contract/usage.ts';
import { costMicros } from '../../../server/models/price.ts';
import type { Price } from '../../../server/models/table.ts';

const price: Price = {
  input: 2_000_000,
  cached: 200_000,
  cacheWrite: 2_500_000,
  output: 10_000_000,
  priorityFactor: 2,
  longContext: { aboveTokens: 272_000, inputFactor: 2, outputFactor: 1.5 },
};
const plain: Price = { input: 1_250_000, cached: null, cacheWrite: null, output: 10_000_000, priorityFactor: 2.5 };
const used = (
  inputTokens: number | null,
  cachedTokens: number | null,
  cacheWriteTokens: number | null,
  outputTokens: number | null,
): Usage => ({ ...unknownUsage, inputTokens, cachedTokens, cacheWriteTokens, outputTokens });

test.each<[string, Price | null, Usage, string | null | undefined, number | null]>([
  ['input and output', price, used(1_000, 0, 0, 100), undefined, 2_000 + 1_000],
  ['cached and cache-write parts have their own price', price, used(1_000, 600, 300, 0), null, 200 + 120 + 750],
  ['without prices of their own they cost what input costs', plain, used(1_000, 600, 300, 0), null, 1_250],
  ['unreported cache writes are not charged apart', price, used(1_000, 600, null, 0), null, 800 + 120],
  ['priority', price, used(1_000, 0, 0, 100), 'priority', 6_000],
  ['fast is another word for it', price, used(1_000, 0, 0, 100), 'fast', 6_000],
  ['a model’s own priority factor', plain, used(1_000, 0, 0, 0), 'priority', 3_125],
  ['flex', price, used(1_000, 0, 0, 100), 'flex', 1_500],
  ['the default tier by name', price, used(1_000, 0, 0, 100), 'default', 3_000],
  ['a prompt at the limit', price, used(272_000, 0, 0, 1_000), null, 544_000 + 10_000],
  ['a prompt above it', price, used(272_001, 0, 0, 1_000), null, 1_088_004 + 15_000],
  ['a model without a long price', plain, used(1_000_000, 0, 0, 0), null, 1_250_000],
  ['rounded once, at the end', { ...plain, input: 250_000 }, used(1, 0, 0, 0), 'priority', 1],
  ['nothing used costs nothing', price, used(0, 0, 0, 0), null, 0],
  ['more cached than there was', price, used(100, 150, 10, 0), null, 20],
  ['S7: unknown input', price, used(null, 0, 0, 5), null, null],
  ['S7: unknown output', price, used(5, 0, 0, null), null, null],
  ['S7: unknown cached part', price, used(5, null, 0, 5), null, null],
  ['no published price', null, used(5, 0, 0, 5), null, null],
])('%s', (_, of, usage, tier, expected) => {
  expect(costMicros(of, usage, tier)).toBe(expected);
});
