import { describe, expect, test } from 'bun:test';
import { ChunkedBody } from '../../../scripts/bench/chunked-body.ts';
import { EventCount } from '../../../scripts/bench/event-count.ts';

const events = ['data: one\n\n', 'event: two\ndata: 2\n\n', 'data: [DONE]\n\n'];
const body = events.join('');

/** The wire form of these chunks, with the end. */
function chunked(chunks: readonly string[]): Buffer {
  return Buffer.from(`${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`);
}

/** Reads `wire` in pieces of `size` bytes. */
function read(wire: Buffer, size: number) {
  const count = new EventCount();
  let text = '';
  const reader = new ChunkedBody((bytes) => {
    count.add(bytes);
    text += bytes.toString('latin1');
  });
  for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size));
  return { text, count, isOver: reader.isOver };
}

describe('what the bench counts', () => {
  const wires = {
    'an event a chunk': chunked(events),
    'one chunk': chunked([body]),
    'chunks of one byte': chunked([...body]),
  };
  for (const [name, wire] of Object.entries(wires)) {
    test(`every byte and event is counted once, however the network cuts ${name}`, () => {
      for (let size = 1; size <= wire.length; size += 1) {
        const { text, count, isOver } = read(wire, size);
        expect(text).toBe(body);
        expect({ events: count.events, bytes: count.bytes, endsWhole: count.endsWhole, isOver }).toEqual({
          events: events.length,
          bytes: body.length,
          endsWhole: true,
          isOver: true,
        });
      }
    });
  }

  test('a missing end is noticed, of the body and of the last event', () => {
    const wire = chunked(events);
    expect(read(wire.subarray(0, -1), 7).isOver).toBe(false);
    expect(read(chunked([body.slice(0, -1)]), 7).count.endsWhole).toBe(false);
    expect(read(chunked([`${body}data: cut`]), 7).count.endsWhole).toBe(false);
  });

  test('bytes that are no chunks, or come after the last one, are an error', () => {
    expect(() => read(Buffer.from('HTTP/1.1 500\r\n'), 64)).toThrow('Not the size of a chunk');
    expect(() => read(Buffer.concat([chunked(events), Buffer.from('x')]), 64)).toThrow('after the last chunk');
    expect(() => read(Buffer.from('3\r\nabcde\r\n0\r\n\r\n'), 64)).toThrow('longer than it said');
  });
});
