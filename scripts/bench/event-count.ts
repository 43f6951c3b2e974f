const newline = 10;
const eventEnd = '\n\n';

/** Counts the events of a stream (blank lines) and its bytes, without looking into them. */
export class EventCount {
  bytes = 0;
  events = 0;
  /** Whether the last byte is a newline that has not ended an event. */
  #isLineOpen = false;
  #lastByte = 0;

  add(bytes: Buffer): void {
    this.bytes += bytes.length;
    let end = 0;
    if (this.#isLineOpen && bytes[0] === newline) {
      this.events += 1;
      end = 1;
    }
    for (let found = bytes.indexOf(eventEnd, end); found >= 0; found = bytes.indexOf(eventEnd, end)) {
      this.events += 1;
      end = found + eventEnd.length;
    }
    this.#lastByte = bytes[bytes.length - 1] ?? this.#lastByte;
    this.#isLineOpen = end < bytes.length && this.#lastByte === newline;
  }

  /** Whether nothing follows the last event. */
  get endsWhole(): boolean {
    return this.events > 0 && this.#lastByte === newline && !this.#isLineOpen;
  }
}
