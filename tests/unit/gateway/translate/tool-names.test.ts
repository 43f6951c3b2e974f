import { expect, test } from 'bun:test';
import { createToolNames } from '../../../../server/gateway/translate/tool-names.ts';

const long = 'n'.repeat(65);
const cases: [string, string[], string[]][] = [
  ['legal names keep themselves', ['f', 'a_b-C9', 'x'.repeat(64)], ['f', 'a_b-C9', 'x'.repeat(64)]],
  ['a long name is cut', [long], ['n'.repeat(64)]],
  ['a long MCP name keeps its last part', [`mcp__${long}__read`], ['mcp__read']],
  ['a short MCP name is left alone', ['mcp__server__read'], ['mcp__server__read']],
  ['illegal characters become underscores', ['files.read', 'größe'], ['files_read', 'gr__e']],
  [
    'clashes get a number, and a legal name is never displaced',
    ['a.b', 'a b', 'a_b', `${long}1`, `${long}2`],
    ['a_b_1', 'a_b_2', 'a_b', 'n'.repeat(64), `${'n'.repeat(62)}_1`],
  ],
];
test.each(cases)('S14: %s', (_name, given, expected) => {
  const names = createToolNames(given);
  const upstream = given.map(names.toUpstream);
  expect(upstream).toEqual(expected);
  expect(upstream.map(names.toClient)).toEqual(given);
});

test('names nobody declared pass both ways unchanged', () => {
  const names = createToolNames(['f']);
  expect([names.toUpstream('g'), names.toClient('h')]).toEqual(['g', 'h']);
});
