import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { loadModelTable } from '../../../server/models/table.ts';

const shipped = loadModelTable(readFileSync(new URL('../../../models.json', import.meta.url), 'utf8'), 'models.json');

describe('our models.json', () => {
  test('holds the predecessor’s ten ids and today’s catalogue', () => {
    const ids = new Set(shipped.list.map(({ id }) => id));
    const predecessors = [
      'gpt-5.3-codex',
      'gpt-5.2',
      'gpt-5.2-codex',
      'gpt-5.1',
      'gpt-5.1-codex',
      'gpt-5.1-codex-mini',
      'gpt-5.1-codex-max',
      'gpt-5',
      'gpt-5-codex',
      'gpt-5-codex-mini',
    ];
    const todays = [
      'gpt-6-astra',
      'gpt-6.1-sol',
      'gpt-6.1-terra',
      'gpt-6-sol',
      'gpt-6-luna',
      'gpt-5.6-sol',
      'gpt-5.6-terra',
      'gpt-5.6-luna',
      'gpt-5.5',
      'gpt-daybreak-blue-latest',
      'gpt-daybreak-red-latest',
      'codex-auto-review',
    ];
    expect([...predecessors, ...todays].filter((id) => !ids.has(id))).toEqual([]);
  });
  test('is sound: default efforts are offered, sizes are ordered, cached input is cheaper', () => {
    const unsound = shipped.list.filter(
      ({ efforts, defaultEffort, contextWindow, maxContextWindow, price }) =>
        (defaultEffort !== null && !efforts.includes(defaultEffort)) ||
        (maxContextWindow !== null && maxContextWindow < (contextWindow ?? 0)) ||
        (price !== null && (price.cached ?? 0) >= price.input),
    );
    expect(unsound).toEqual([]);
  });
  test('says of one model all that is known', () => {
    expect(shipped.find('gpt-5.5')).toEqual({
      id: 'gpt-5.5',
      created: 1_795_305_600,
      ownedBy: 'openai',
      displayName: 'GPT-5.5',
      contextWindow: 272_000,
      maxContextWindow: 272_000,
      efforts: ['low', 'medium', 'high', 'xhigh'],
      defaultEffort: 'medium',
      dialect: 'standard',
      visible: true,
      price: {
        input: 5_000_000,
        cached: 500_000,
        cacheWrite: null,
        output: 30_000_000,
        priorityFactor: 2.5,
        longContext: { aboveTokens: 272_000, inputFactor: 2, outputFactor: 1.5 },
      },
      aliases: [],
    });
  });
});

test('the predecessor’s plain list is read, with everything else unknown', () => {
  const table = loadModelTable(
    '\uFEFF[{"id":"gpt-5","object":"model","created":1754524800,"owned_by":"openai"}]',
    'old.json',
  );
  expect(table.list).toEqual([
    {
      id: 'gpt-5',
      created: 1_754_524_800,
      ownedBy: 'openai',
      displayName: 'gpt-5',
      contextWindow: null,
      maxContextWindow: null,
      efforts: [],
      defaultEffort: null,
      dialect: 'standard',
      visible: true,
      price: null,
      aliases: [],
    },
  ]);
});

test('an alias finds its model', () => {
  const table = loadModelTable('{"models":[{"id":"gpt-5.5","aliases":["default"]}]}', 'own.json');
  expect(table.find('default')?.id).toBe('gpt-5.5');
});

test.each([
  ['{', /^own\.json is not JSON: /],
  ['{"data":[]}', /^own\.json must be a list of models/],
  ['[{"id":"a"},{"id":"b c"}]', /^own\.json: model 2 \('b c'\) is not valid: id: must be a model name$/],
  ['[{"object":"model"}]', /^own\.json: model 1 is not valid: id: /],
  ['["gpt-5"]', /^own\.json: model 1 is not valid: /],
  [
    '[{"id":"a","price":{"input":1.5,"cached":null,"cacheWrite":null,"output":1}}]',
    /^own\.json: model 1 \('a'\) is not valid: price\.input: /,
  ],
  [
    '[{"id":"a"},{"id":"b","aliases":["a"]}]',
    /^own\.json: model 2 \('b'\) uses the name 'a', which another model has already\.$/,
  ],
])('%s is refused with the file and the entry named', (text, message) => {
  expect(() => loadModelTable(text, 'own.json')).toThrow(message);
});
