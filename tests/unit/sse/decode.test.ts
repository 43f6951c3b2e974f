import { describe, expect, test } from 'bun:test';
import { createSseDecoder, SseEventTooLargeError } from '../../../server/sse/decode.ts';
import { bytesOf } from '../../../server/sse/event.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function decode(text: string): string[] {
  return createSseDecoder({ maxEventBytes: 1e6 })
    .push(encode(text))
    .map((event) => event.data);
}

const separator = String.fromCharCode(0x2028);
const mark = String.fromCharCode(0xfeff);

test.each<[string, string, string[]]>([
  ['an event of the backend', 'event: x\ndata: {"type":"x"}\n\n', ['{"type":"x"}']],
  ['data without a space', 'data:{"a":1}\n\n', ['{"a":1}']],
  ['only one space is taken off', 'data:  a \n\n', [' a ']],
  ['several data lines are joined', 'data: a\ndata:\ndata: b\n\n', ['a\n\nb']],
  ['a data line without a colon is an empty line', 'data\n\n', ['']],
  ['CRLF', 'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['lone CR', 'event: x\rdata: a\r\rdata: b\r\r', ['a', 'b']],
  ['mixed line ends', 'data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\r', ['a\nb\nc', 'd']],
  [
    'comments, ids, retries and unknown fields are left out',
    ': hi\n\nid: 1\nretry: 5\ndatabase: x\n\n:\ndata: a\n\n',
    ['a'],
  ],
  ['an event without data is none', 'event: x\n\n\n\ndata: a\n\n', ['a']],
  ['a byte order mark is skipped once', `${mark}data: a\n\n`, ['a']],
  ['an unfinished event is not given out', 'data: a\n\ndata: b\n', ['a']],
  ['S5: U+2028 does not end a line', `data: "a${separator}b"\n\n`, [bytesOf(`"a${separator}b"`)]],
  ['[DONE] is data like any other', 'data: [DONE]\n\n', ['[DONE]']],
])('%s', (_, text, expected) => {
  expect(decode(text)).toEqual(expected);
});

describe('a boundary is where every byte belongs to a finished event', () => {
  test.each([
    ['data: a\n\n', true],
    [': ping\n\n', true],
    ['data: a\n', false],
    ['event: x\n', false],
    ['data: a\n\nda', false],
    ['data: a\r\n\r', false],
    [mark, true],
  ])('%j: %p', (text, expected) => {
    const decoder = createSseDecoder({ maxEventBytes: 100 });
    decoder.push(encode(text));
    expect(decoder.atBoundary).toBe(expected);
  });
  test('a part of a byte order mark is carried over', () => {
    const decoder = createSseDecoder({ maxEventBytes: 100 });
    decoder.push(new Uint8Array([0xef, 0xbb]));
    expect(decoder.atBoundary).toBe(false);
  });
  test('before the first byte nothing is carried over', () => {
    expect(createSseDecoder({ maxEventBytes: 100 }).atBoundary).toBe(true);
  });
});

describe('an event over the bound ends the stream', () => {
  test.each([
    ['in one line that does not end', `data: ${'x'.repeat(101)}`],
    ['in one line', `data: ${'x'.repeat(101)}\n\n`],
    ['in many lines', 'data: xxxxxxxxx\n'.repeat(11)],
    ['in a comment that does not end', `:${'x'.repeat(101)}`],
  ])('%s', (_, text) => {
    const decoder = createSseDecoder({ maxEventBytes: 100 });
    const push = () => {
      for (const byte of encode(text)) decoder.push(new Uint8Array([byte]));
    };
    expect(push).toThrow(SseEventTooLargeError);
  });
  test('many events that each fit are fine', () => {
    expect(createSseDecoder({ maxEventBytes: 100 }).push(encode('data: 0123456789\n\n'.repeat(100)))).toHaveLength(100);
  });
});

describe('S15: the work grows with the bytes, not with their square', () => {
  /** Milliseconds of the fastest of three runs, which a busy machine disturbs least. */
  function fastest(run: () => void): number {
    const times = [0, 1, 2].map(() => {
      const start = performance.now();
      run();
      return performance.now() - start;
    });
    return Math.min(...times);
  }
  function inPieces(bytes: Uint8Array, size: number): number {
    const decoder = createSseDecoder({ maxEventBytes: 1e9 });
    let events = 0;
    for (let start = 0; start < bytes.length; start += size)
      events += decoder.push(bytes.subarray(start, start + size)).length;
    return events;
  }
  test.each([
    ['one event of 1 and 8 MB in pieces of 1 KB', (n: number) => `data: ${'x'.repeat(n * 1_000_000)}\n\n`, 1024],
    ['5,000 and 40,000 events in one piece', (n: number) => 'event: x\ndata: {"type":"x"}\n\n'.repeat(5_000 * n), 1e9],
    [
      '5,000 and 40,000 events with lone CR in one piece',
      (n: number) => 'data: {"type":"x"}\r\r'.repeat(5_000 * n),
      1e9,
    ],
  ])('%s', (_, text, size) => {
    const small = encode(text(1));
    const large = encode(text(8));
    inPieces(small, size);
    const ratio =
      fastest(() => inPieces(large, size)) /
      Math.max(
        fastest(() => inPieces(small, size)),
        0.5,
      );
    expect(ratio).toBeLessThan(40); // 8 when linear, 64 when quadratic
  });
});
