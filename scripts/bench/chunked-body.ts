/**
 * Takes HTTP/1.1 chunks apart as they come in, however they are cut, and hands on the bytes of the body. As little
 * work as that can be: it runs beside what is measured.
 */
export class ChunkedBody {
  readonly #onData: (bytes: Buffer) => void;
  /** Bytes left of the present chunk. */
  #left = 0;
  /** Characters of a size line, of the line end after a chunk, or of the trailer. */
  #line = '';
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'over' = 'size';

  constructor(onData: (bytes: Buffer) => void) {
    this.#onData = onData;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Takes one read; throws when these are not chunks. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'over') throw new Error('There are bytes after the last chunk.');
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left);
        this.#onData(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      const lineEnd = bytes.indexOf(10, at);
      if (lineEnd < 0) {
        this.#line += bytes.toString('latin1', at);
        return;
      }
      this.#endLine((this.#line + bytes.toString('latin1', at, lineEnd)).trimEnd());
      at = lineEnd + 1;
    }
  }

  #endLine(line: string): void {
    this.#line = '';
    if (this.#state === 'size') {
      this.#left = Number.parseInt(line, 16);
      if (!(this.#left >= 0)) throw new Error(`Not the size of a chunk: ${JSON.stringify(line)}`);
      this.#state = this.#left === 0 ? 'trailer' : 'data';
    } else if (line === '') {
      this.#state = this.#state === 'data-end' ? 'size' : 'over';
    } else if (this.#state === 'data-end') {
      throw new Error('A chunk is longer than it said.');
    }
  }
}
