import { expect, test } from 'bun:test';
import { parseDirectives } from '../../../server/simulator/directives.ts';

const none = { tools: [], reasoning: false, burst: false };

test.each([
  ['no directive', 'hello [sim:text 3]', none],
  [
    'tool with JSON',
    '[[sim:tool f {"a":[[1]],"b":"]]"}]]',
    { ...none, tools: [{ name: 'f', input: '{"a":[[1]],"b":"]]"}' }] },
  ],
  ['tool with free text', '[[sim:tool f rm -rf]]', { ...none, tools: [{ name: 'f', input: 'rm -rf' }] }],
  ['tool without input', '[[sim:tool f]]', { ...none, tools: [{ name: 'f', input: '' }] }],
  [
    'two tools',
    '[[sim:tool f]][[sim:tool g 1]]',
    {
      ...none,
      tools: [
        { name: 'f', input: '' },
        { name: 'g', input: '1' },
      ],
    },
  ],
  ['text and slow', 'a [[sim:text 7]] b [[sim:slow 20]]', { ...none, deltas: 7, delayMs: 20 }],
  ['burst', '[[sim:burst 100]]', { ...none, deltas: 100, burst: true }],
  ['pace', '[[sim:pace 100 5]]', { ...none, deltas: 100, delayMs: 5 }],
  ['flood', '[[sim:flood 1000]]', { ...none, floodBytes: 1000 }],
  ['reasoning', '[[sim:reasoning]]', { ...none, reasoning: true }],
  ['fault', '[[sim:fault 429]]', { ...none, fault: { name: '429', account: undefined } }],
  ['fault of one account', '[[sim:fault cut ada]]', { ...none, fault: { name: 'cut', account: 'ada' } }],
  ['unknown', '[[sim:dance 5]] [[sim:text many]]', none],
  ['unclosed', '[[sim:text 5', none],
])('%s', (_name, text, expected) => {
  expect(parseDirectives(text)).toEqual(expected);
});
