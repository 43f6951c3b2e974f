import { describe, expect, test } from 'bun:test';
import { scanJson } from '../../../../server/accounts/import/scan.ts';

const ok = (line: number, value: unknown) => ({ line, isBroken: false as const, value });
const broken = (line: number) => ({ line, isBroken: true as const });

describe('reading JSON values', () => {
  test.each([
    ['nothing', '', []],
    ['only invisible characters', '\ufeff\u200b \u00a0\n', []],
    ['one object', '{"a":1}', [ok(1, { a: 1 })]],
    ['one array is one value', '[{"a":1},{"b":2}]', [ok(1, [{ a: 1 }, { b: 2 }])]],
    [
      'a byte-order mark, zero-width characters and no-break spaces around',
      '\ufeff\u200b\u00a0{"a":1}\u00a0\u2060',
      [ok(1, { a: 1 })],
    ],
    ['no-break spaces as indentation', '{\n\u00a0\u00a0"a":\u00a01\n}', [ok(1, { a: 1 })]],
    ['invisible characters inside strings stay', '{"a":"x\u200by\u00a0"}', [ok(1, { a: 'x\u200by\u00a0' })]],
    ['JSON lines', '{"a":1}\n{"a":2}\r\n\n{"a":3}\n', [ok(1, { a: 1 }), ok(2, { a: 2 }), ok(4, { a: 3 })]],
    [
      'objects side by side',
      '{"a":1}{"a":2} {"a":3},{"a":4}',
      [ok(1, { a: 1 }), ok(1, { a: 2 }), ok(1, { a: 3 }), ok(1, { a: 4 })],
    ],
    [
      'indented objects one after the other',
      '{\n  "a": {\n    "b": 1\n  }\n}\n{\n  "a": 2\n}',
      [ok(1, { a: { b: 1 } }), ok(6, { a: 2 })],
    ],
    [
      'brackets and escaped quotes inside strings',
      '{"a":"}{\\"]["}\n{"b":"\\\\"}',
      [ok(1, { a: '}{"][' }), ok(2, { b: '\\' })],
    ],
    [
      'concatenated arrays are their objects',
      '[{"a":1}]\n[{"a":2},{"a":3}]',
      [ok(1, { a: 1 }), ok(2, { a: 2 }), ok(2, { a: 3 })],
    ],
  ])('%s', (_what, text, expected) => {
    expect(scanJson(text)).toEqual(expected);
  });
});

describe('T9: something broken costs only itself', () => {
  test.each([
    ['a line that ends early', '{"a":1}\n{"a":"cut\n{"a":3}', [ok(1, { a: 1 }), broken(2), ok(3, { a: 3 })]],
    [
      'a line without its closing bracket',
      '{"a":{"b":1}\n{"a":2}\n{"a":3}',
      [broken(1), ok(2, { a: 2 }), ok(3, { a: 3 })],
    ],
    ['a line with a bracket too many', '{"a":1}}\n{"a":2}', [ok(1, { a: 1 }), ok(2, { a: 2 })]],
    [
      'a missing and an extra bracket do not swallow each other',
      '{"a":{"b":1}\n{"c":2}}\n{"a":3}',
      [broken(1), ok(2, { c: 2 }), ok(3, { a: 3 })],
    ],
    ['a line of plain words', '{"a":1}\nnot json\nat all\n{"a":2}', [ok(1, { a: 1 }), broken(2), ok(4, { a: 2 })]],
    ['words after a broken object count with it', '{"a":1 oops} and more\n{"a":2}', [broken(1), ok(2, { a: 2 })]],
    ['two broken lines are two faults', '{"a":\n{"b":\n{"a":3}', [broken(1), broken(2), ok(3, { a: 3 })]],
    ['an item of an array', '[{"a":1},{"a" 2},{"a":3}]', [ok(1, { a: 1 }), broken(1), ok(1, { a: 3 })]],
    [
      'an item of an indented array',
      '[\n  {\n    "a": 1\n  },\n  {\n    "a": ,\n    "b": {\n      "c": 1\n    }\n  },\n  {\n    "a": 3\n  }\n]',
      [ok(2, { a: 1 }), broken(5), ok(11, { a: 3 })],
    ],
    ['an item of a wrapper', '{"tokens":[{"a":1},{"a":x},{"a":3}]}', [ok(1, { a: 1 }), broken(1), ok(1, { a: 3 })]],
    ['an array cut off at the end', '[{"a":1},{"a":2},{"a":', [ok(1, { a: 1 }), ok(1, { a: 2 }), broken(1)]],
    ['a page of HTML', '<html>\n<body>\n</body>\n</html>', [broken(1)]],
  ])('%s', (_what, text, expected) => {
    expect(scanJson(text)).toEqual(expected);
  });

  test.each([
    ['lines without a closing bracket', '{"a":{"b":1}\n'],
    ['broken objects on one line', '{"a":1 }x'],
    ['opening brackets only', '{"a'],
  ])('200,000 %s are read in one pass (a second pass over the rest for each would take minutes)', (_what, item) => {
    expect(scanJson(item.repeat(200_000)).length).toBeGreaterThan(0);
  });
});
