import { bytesOf, textOf } from '../../sse/event.ts';

/**
 * Reading single values out of the JSON of an event without parsing it. A key is looked for together with its quotes
 * and colon, as in `"delta":`. That sequence cannot occur inside a JSON string, where quotes are escaped. An answer of
 * undefined says only that the value was not found this way: the caller then parses.
 *
 * A *raw* text is the content of a JSON string still escaped, without its quotes, as a byte string.
 */

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const nine = 0x39;

/** The raw text that follows `key` in `data`. */
export function rawString(data: string, key: string): string | undefined {
  const opening = valueStart(data, key);
  if (opening === -1 || data.charCodeAt(opening) !== quote) return undefined;
  const start = opening + 1;
  let end = data.indexOf('"', start);
  while (end !== -1 && isEscaped(data, start, end)) end = data.indexOf('"', end + 1);
  if (end === -1) return undefined;
  const raw = data.slice(start, end);
  // Only broken JSON has a line break in a string; copied into a `data:` line it would break that too.
  return raw.includes('\n') ? undefined : raw;
}

/** The non-negative integer that follows `key` in `data`. */
export function rawInteger(data: string, key: string): number | undefined {
  const start = valueStart(data, key);
  if (start === -1) return undefined;
  let value = 0;
  let position = start;
  for (; position < data.length; position += 1) {
    const digit = data.charCodeAt(position);
    if (digit < zero || digit > nine) break;
    value = value * 10 + (digit - zero);
  }
  return position === start ? undefined : value;
}

/** `text` as a raw text. */
export function rawOf(text: string): string {
  return bytesOf(JSON.stringify(text).slice(1, -1));
}

/** The text that `raw` stands for. Throws SyntaxError when it is not the content of a JSON string. */
export function textOfRaw(raw: string): string {
  return JSON.parse(`"${textOf(raw)}"`) as string;
}

/** Where the value of `key` begins, or -1. */
function valueStart(data: string, key: string): number {
  const found = data.indexOf(key);
  if (found === -1) return -1;
  let position = found + key.length;
  while (data.charCodeAt(position) === space) position += 1;
  return position;
}

/** Whether the quote at `end` belongs to the string that begins at `start`: it follows an odd number of backslashes. */
function isEscaped(data: string, start: number, end: number): boolean {
  let position = end;
  while (position > start && data.charCodeAt(position - 1) === backslash) position -= 1;
  return (end - position) % 2 === 1;
}
