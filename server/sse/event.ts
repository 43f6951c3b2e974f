/**
 * One server-sent event. `data` is a *byte string*: each character is one byte (0–255) of the UTF-8 payload. The
 * hot path copies pieces of it to the client without decoding and re-encoding them; use {@link textOf} to read it.
 */
export interface SseEvent {
  data: string;
}

/** The text of a byte string. Invalid UTF-8 becomes U+FFFD. */
export function textOf(bytes: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII needs no decoding, and nearly every event is ASCII
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The byte string of a text: the inverse of {@link textOf}. */
export function bytesOf(text: string): string {
  // oxlint-disable-next-line no-control-regex -- as above
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** `value` as JSON in a byte string, ready to stand in a `data:` line (JSON never contains a raw CR or LF). */
export function jsonBytes(value: unknown): string {
  return bytesOf(JSON.stringify(value));
}

/** A byte string as bytes, for the socket. */
export function toBytes(bytes: string): Uint8Array<ArrayBuffer> {
  return Buffer.from(bytes, 'latin1') as Uint8Array<ArrayBuffer>;
}
