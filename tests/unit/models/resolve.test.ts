import { describe, expect, test } from 'bun:test';
import { AppError } from '../../../server/core/errors.ts';
import { resolveModel } from '../../../server/models/resolve.ts';
import { loadModelTable } from '../../../server/models/table.ts';

const table = loadModelTable(
  JSON.stringify([
    { id: 'gpt-5.5', contextWindow: 272_000, efforts: ['low', 'high'], defaultEffort: 'low', aliases: ['best'] },
    { id: 'gpt-5.1-codex', efforts: ['low'] },
    { id: 'gpt-5.1-codex-max', efforts: ['low', 'xhigh'], dialect: 'lite' },
  ]),
  'test',
);
const understood = (asked: string) => {
  const { facts: _facts, ...rest } = resolveModel(asked, table.find);
  return rest;
};
const five = {
  slug: 'gpt-5.5',
  efforts: ['low', 'high'],
  defaultEffort: 'low',
  dialect: 'standard',
  contextWindow: 272_000,
} as const;

describe('a model name', () => {
  test.each([
    ['gpt-5.5', five],
    ['best', five],
    ['gpt-5.5-high', { ...five, effort: 'high' }],
    ['gpt-5.5(high)', { ...five, effort: 'high' }],
    ['gpt-5.5 (xhigh)', { ...five, effort: 'xhigh' }],
    ['best-none', { ...five, effort: 'none' }],
    ['gpt-5.5-fast', { ...five, serviceTier: 'priority' }],
    ['gpt-5.5-high-fast', { ...five, effort: 'high', serviceTier: 'priority' }],
    ['gpt-5.5-fast-high', { ...five, effort: 'high', serviceTier: 'priority' }],
    ['gpt-5.1-codex-max', { slug: 'gpt-5.1-codex-max', efforts: ['low', 'xhigh'], dialect: 'lite' }],
    ['gpt-5.1-codex-max-low', { slug: 'gpt-5.1-codex-max', efforts: ['low', 'xhigh'], dialect: 'lite', effort: 'low' }],
    ['gpt-9-high', { slug: 'gpt-9-high', efforts: [], dialect: 'standard' }],
    ['gpt-5.5-low-high', { slug: 'gpt-5.5-low-high', efforts: [], dialect: 'standard' }],
    ['-fast', { slug: '-fast', efforts: [], dialect: 'standard' }],
    ['vendor/some:model_1', { slug: 'vendor/some:model_1', efforts: [], dialect: 'standard' }],
  ] as const)('%s', (asked, expected) => {
    expect(understood(asked)).toEqual({ asked, ...expected, efforts: [...expected.efforts] });
  });

  test('facts come along', () => {
    expect(resolveModel('best-fast', table.find).facts?.id).toBe('gpt-5.5');
  });

  test.each([[''], ['two words'], ['a'.repeat(129)], ['emoji😀'], ['a\nb'], ['gpt-9 (high)']])(
    '%j is refused as a model that does not exist',
    (asked) => {
      let thrown: unknown;
      try {
        resolveModel(asked, table.find);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(AppError);
      expect([
        (thrown as AppError).status,
        (thrown as AppError).toBody().error.code,
        (thrown as AppError).toBody().error.param,
      ]).toEqual([404, 'model_not_found', 'model']);
    },
  );
});
