import { expect, test } from 'bun:test';
import { createItemRegistry, type ItemRef } from '../../../../server/gateway/translate/item-registry.ts';

type Step = ['open' | 'at' | 'close', id: string | undefined, index: number | undefined];

/** Which item each step meets, numbered in the order of their making. */
function itemsMet(steps: Step[]): number[] {
  let count = 0;
  const registry = createItemRegistry(() => count++);
  return steps.map(([action, id, index]) => {
    const ref: ItemRef = { id, index };
    return registry[action](ref);
  });
}

test.each<[string, Step[], number[]]>([
  [
    'id and index agree',
    [
      ['open', 'a', 0],
      ['open', 'b', 1],
      ['at', 'b', 1],
      ['at', 'a', 0],
      ['close', 'a', 0],
      ['close', 'b', 1],
    ],
    [0, 1, 1, 0, 0, 1],
  ],
  [
    'events name the index only',
    [
      ['open', 'a', 0],
      ['open', 'b', 1],
      ['at', undefined, 0],
      ['at', undefined, 1],
      ['close', 'a', 0],
      ['close', 'b', 1],
    ],
    [0, 1, 0, 1, 0, 1],
  ],
  [
    'events name the id only',
    [
      ['open', 'a', undefined],
      ['open', 'b', undefined],
      ['at', 'a', undefined],
      ['at', 'b', undefined],
      ['close', 'a', undefined],
    ],
    [0, 1, 0, 1, 0],
  ],
  [
    'every event makes up a new id',
    [
      ['open', 'a', 0],
      ['at', 'b', 0],
      ['close', 'c', 0],
      ['open', 'd', 1],
      ['at', 'e', 1],
    ],
    [0, 0, 0, 1, 1],
  ],
  [
    'every item has the same index',
    [
      ['open', 'a', 0],
      ['open', 'b', 0],
      ['at', 'a', 0],
      ['at', 'b', 0],
      ['close', 'b', 0],
      ['close', 'a', 0],
      ['close', 'c', 0],
    ],
    [0, 1, 0, 1, 1, 0, 2],
  ],
  [
    'deltas name nothing',
    [
      ['at', undefined, undefined],
      ['at', undefined, undefined],
      ['close', 'a', 0],
      ['at', undefined, undefined],
      ['close', 'b', 1],
    ],
    [0, 0, 0, 1, 1],
  ],
  [
    'an item is finished twice',
    [
      ['open', 'a', 0],
      ['close', 'a', 0],
      ['close', 'a', 0],
      ['close', undefined, 0],
    ],
    [0, 0, 0, 0],
  ],
  [
    'an announced item is not the open one',
    [
      ['open', 'a', undefined],
      ['open', undefined, undefined],
    ],
    [0, 1],
  ],
])('items are told apart when %s', (_, steps, met) => {
  expect(itemsMet(steps)).toEqual(met);
});

test('an item is found by the id in unparsed JSON once it was met, whichever was found before', () => {
  const registry = createItemRegistry<{ name: string }>(() => ({ name: '' }));
  for (const id of ['a', 'aa', 'b"']) registry.open({ id, index: undefined }).name = id;
  const found = [
    '{"item_id":"a"}',
    '{"item_id":"aa"}',
    '{"item_id": "a"}',
    '{"item_id":"aa","x":1}',
    '{"item_id":"c"}',
    '{"x":1}',
    '{"item_id":"b\\""}',
  ];
  expect(found.map((data) => registry.named(data)?.name)).toEqual([
    'a',
    'aa',
    'a',
    'aa',
    undefined,
    undefined,
    undefined,
  ]);
});
