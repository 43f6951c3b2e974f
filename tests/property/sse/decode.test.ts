import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createSseDecoder } from '../../../server/sse/decode.ts';
import { textOf } from '../../../server/sse/event.ts';

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('ü', '漢字', '😀', String.fromCharCode(0x2028), ''),
);
const line = fc.oneof(
  text.map((value) => `data: ${value}`),
  text.map((value) => `data:${value}`),
  text.map((value) => `: ${value}`),
  fc.constantFrom('event: response.output_text.delta', 'data', 'id: 1', ''),
);

/** A stream with any line ends; line breaks inside texts are taken out, as JSON escapes them. */
const stream = fc
  .array(fc.tuple(line, lineEnd), { maxLength: 40 })
  .map((lines) => lines.map(([content, end]) => content.replaceAll(/[\r\n]/g, '') + end).join(''));
const start = fc.constantFrom('', String.fromCharCode(0xfeff));

function decode(pieces: readonly Uint8Array[]): string[] {
  const decoder = createSseDecoder({ maxEventBytes: 1e6 });
  return pieces.flatMap((piece) => decoder.push(piece)).map((event) => event.data);
}

/** The standard's algorithm in its plainest form, on the whole text. */
function reference(whole: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  for (const one of whole
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .slice(0, -1)) {
    if (one === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (one === 'data') data.push('');
    else if (one.startsWith('data:')) data.push(one.slice(5).replace(/^ /, ''));
  }
  return events;
}

test('S5: any cut of any stream into chunks gives the events of the standard', () => {
  fc.assert(
    fc.property(start, stream, fc.array(fc.nat(), { maxLength: 12 }), (mark, content, cuts) => {
      const bytes = new TextEncoder().encode(mark + content);
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place));
      const expected = reference(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      expect(decode(pieces).map(textOf)).toEqual(expected);
      expect(decode([...bytes].map((byte) => new Uint8Array([byte]))).map(textOf)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});
