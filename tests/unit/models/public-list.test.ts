import { describe, expect, test } from 'bun:test';
import { type CatalogueModel, parseCatalogue } from '../../../server/models/catalogue-body.ts';
import { allowsModel, codexModelList, modelList, publicModels } from '../../../server/models/public-list.ts';
import { loadModelTable } from '../../../server/models/table.ts';

const { list: table } = loadModelTable(
  '[{"id":"a","created":7,"contextWindow":100},{"id":"b","visible":false},{"id":"hidden","visible":false}]',
  'test',
);
const catalogued = parseCatalogue(
  '{"models":[{"slug":"b","display_name":"Bee"},{"slug":"new","context_window":5,"x":[1]},{"slug":"secret","visibility":"hide"}]}',
) as CatalogueModel[];
const entry = (id: string, more: object = {}) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'openai',
  display_name: id,
  ...more,
});

describe('S11: the public list', () => {
  test('is the union of the visible models of the table and of the accounts', () => {
    expect(modelList(publicModels(table, catalogued, null)) as unknown).toEqual({
      object: 'list',
      data: [
        entry('a', { created: 7, context_window: 100 }),
        entry('b', { display_name: 'Bee' }),
        entry('new', { context_window: 5 }),
      ],
    });
  });
  test('is the table’s while no catalogue is known', () => {
    expect(publicModels(table, [], null) as unknown).toEqual([entry('a', { created: 7, context_window: 100 })]);
  });
  test('shows a key what it may use, nothing else, hidden or not', () => {
    expect(publicModels(table, catalogued, ['secret', 'a', 'unheard-of']).map(({ id }) => id)).toEqual(['a', 'secret']);
  });
});

describe('S11: the list for Codex clients', () => {
  test('holds the upstream’s entries verbatim', () => {
    const { body, etag } = codexModelList(catalogued, null);
    expect(body).toBe(
      '{"models":[{"slug":"b","display_name":"Bee"},{"slug":"new","context_window":5,"x":[1]},{"slug":"secret","visibility":"hide"}]}',
    );
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  });
  test('is cut to what the key may use, with a tag of its own', () => {
    const cut = codexModelList(catalogued, ['new']);
    expect(cut.body).toBe('{"models":[{"slug":"new","context_window":5,"x":[1]}]}');
    expect(cut.etag).not.toBe(codexModelList(catalogued, null).etag);
  });
  test('is empty while no catalogue is known', () => {
    expect(codexModelList([], null).body).toBe('{"models":[]}');
  });
});

test.each([
  [null, true],
  [['gpt-5.5'], true],
  [['gpt-5.5-high'], true],
  [['gpt-5.5-low'], false],
  [[], false],
] as const)('a key with the list %j may use gpt-5.5-high: %p', (allowed, expected) => {
  expect(allowsModel(allowed, { asked: 'gpt-5.5-high', slug: 'gpt-5.5' })).toBe(expected);
});
