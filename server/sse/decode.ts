import type { SseEvent } from './event.ts';

/** One event would not fit into the decoder's bound: the server is broken or hostile, the stream is given up. */
export class SseEventTooLargeError extends Error {
  constructor(maxEventBytes: number) {
    super(`A server-sent event is larger than ${maxEventBytes} bytes`);
    this.name = 'SseEventTooLargeError';
  }
}

export interface SseDecoder {
  /** The events that `chunk` completes. Throws {@link SseEventTooLargeError}; the decoder is of no use after that. */
  push(chunk: Uint8Array): SseEvent[];
  /** True when nothing is carried over: all bytes so far belong to finished events, and may be passed on as they are. */
  readonly atBoundary: boolean;
}

const byteOrderMark = '\u00ef\u00bb\u00bf';
const lineFeedCode = 10;
const dataPrefix = '\ndata: ';

/**
 * Reads `text/event-stream` after the HTML standard: lines end in LF, CR or CRLF and nothing else (U+2028 is three
 * ordinary bytes here), a byte order mark is skipped, several `data:` lines are joined by LF, an event without data
 * is none. `maxEventBytes` bounds what is kept between reads. Every byte is looked at once: a line that spans many
 * chunks waits as a list of pieces, and the next LF and CR are remembered instead of being searched for per line.
 */
export function createSseDecoder(options: { maxEventBytes: number }): SseDecoder {
  const { maxEventBytes } = options;
  /** Of the line that has not ended yet. */
  let pieces: string[] = [];
  let pieceBytes = 0;
  /** Of the event that has not ended yet; undefined before its first `data:` line. */
  let data: string | undefined;
  let insideEvent = false;
  let endedInCarriageReturn = false;
  /** The first bytes while they may still become a byte order mark; undefined once that is decided. */
  let opening: string | undefined = '';

  function readLine(text: string, start: number, end: number): void {
    insideEvent = true;
    if (!text.startsWith('data', start)) return;
    let valueStart = start + 4;
    if (valueStart < end) {
      if (text.charCodeAt(valueStart) !== 58) return;
      valueStart += 1;
      if (valueStart < end && text.charCodeAt(valueStart) === 32) valueStart += 1;
    }
    const value = text.slice(valueStart, end);
    data = data === undefined ? value : `${data}\n${value}`;
    if (data.length > maxEventBytes) throw new SseEventTooLargeError(maxEventBytes);
  }

  /**
   * The end of the data when the event at `position` has the form nearly all have: an `event:` line that ends at
   * `lineFeed`, one `data:` line, an empty line, no CR. Else -1, and the event is read line by line.
   */
  function usualDataEnd(text: string, position: number, lineFeed: number, carriageReturn: number): number {
    if (
      insideEvent ||
      pieces.length > 0 ||
      !text.startsWith('event:', position) ||
      !text.startsWith(dataPrefix, lineFeed)
    )
      return -1;
    const end = text.indexOf('\n', lineFeed + dataPrefix.length);
    const isUsual =
      end !== -1 &&
      end + 1 < carriageReturn &&
      text.charCodeAt(end + 1) === lineFeedCode &&
      end - lineFeed <= maxEventBytes;
    return isUsual ? end : -1;
  }

  function read(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    const none = text.length;
    const find = (code: '\n' | '\r', from: number) => {
      const at = text.indexOf(code, from);
      return at === -1 ? none : at;
    };
    let position = endedInCarriageReturn && text.charCodeAt(0) === lineFeedCode ? 1 : 0;
    endedInCarriageReturn = false;
    let lineFeed = find('\n', position);
    let carriageReturn = find('\r', position);
    while (lineFeed !== none || carriageReturn !== none) {
      const usual = usualDataEnd(text, position, lineFeed, carriageReturn);
      if (usual !== -1) {
        events.push({ data: text.slice(lineFeed + dataPrefix.length, usual) });
        position = usual + 2;
        lineFeed = find('\n', position);
        continue;
      }
      const end = lineFeed < carriageReturn ? lineFeed : carriageReturn;
      if (pieces.length > 0) {
        pieces.push(text.slice(position, end));
        const line = pieces.join('');
        pieces = [];
        pieceBytes = 0;
        readLine(line, 0, line.length);
      } else if (end > position) {
        readLine(text, position, end);
      } else {
        if (data !== undefined) events.push({ data });
        data = undefined;
        insideEvent = false;
      }
      position = end + 1;
      if (end === carriageReturn) {
        if (position === none) endedInCarriageReturn = true;
        else if (position === lineFeed) position += 1;
        carriageReturn = find('\r', position);
      }
      if (lineFeed < position) lineFeed = find('\n', position);
    }
    if (position < none) {
      pieces.push(position === 0 ? text : text.slice(position));
      pieceBytes += none - position;
      if (pieceBytes + (data?.length ?? 0) > maxEventBytes) throw new SseEventTooLargeError(maxEventBytes);
    }
    return events;
  }

  return {
    push(chunk) {
      if (chunk.byteLength === 0) return [];
      let text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
      if (opening !== undefined) {
        text = opening + text;
        if (text.length < byteOrderMark.length && byteOrderMark.startsWith(text)) {
          opening = text;
          return [];
        }
        opening = undefined;
        if (text.startsWith(byteOrderMark)) text = text.slice(byteOrderMark.length);
        if (text === '') return [];
      }
      return read(text);
    },
    get atBoundary() {
      return pieces.length === 0 && !insideEvent && !endedInCarriageReturn && !opening;
    },
  };
}
