import type { Socket } from 'bun';
import { ChunkedBody } from './chunked-body.ts';
import { EventCount } from './event-count.ts';

/** What came back on one request. */
export interface Counted {
  events: number;
  bytes: number;
  /** From the last byte of the request to the first byte of the answer's body. */
  firstByteMs: number;
  /** The body itself, when it was asked for. */
  text: string;
}

interface Exchange {
  sentAt: number;
  firstByteAt: number;
  head: string;
  body: ChunkedBody | undefined;
  count: EventCount;
  texts: string[] | undefined;
  resolve(counted: Counted): void;
  reject(error: Error): void;
}

/** One keep-alive connection that sends prepared requests, one after the other, and counts what comes back. */
export class Connection {
  readonly #socket: Socket<undefined>;
  #exchange: Exchange | undefined;

  private constructor(socket: Socket<undefined>) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Connection> {
    const made: { receive?: (bytes: Buffer) => void; fail?: (error: Error) => void } = {};
    const socket = await Bun.connect<undefined>({
      hostname: '127.0.0.1',
      port,
      socket: {
        open: (opened) => void opened.setNoDelay(true),
        data: (_, bytes) => made.receive?.(bytes),
        close: () => made.fail?.(new Error('The connection was closed inside an answer.')),
        error: (_, error) => made.fail?.(error),
      },
    });
    const connection = new Connection(socket);
    made.receive = (bytes) => connection.#receive(bytes);
    made.fail = (error) => connection.#fail(error);
    return connection;
  }

  /** Sends a whole request. Rejects unless the answer is a complete 200 in chunks. */
  request(bytes: Buffer, { keepText = false } = {}): Promise<Counted> {
    return new Promise((resolve, reject) => {
      const count = new EventCount();
      const texts: string[] | undefined = keepText ? [] : undefined;
      this.#exchange = { sentAt: 0, firstByteAt: 0, head: '', body: undefined, count, texts, resolve, reject };
      if (this.#socket.write(bytes) < bytes.length)
        return this.#fail(new Error('The request was not taken in one piece.'));
      this.#exchange.sentAt = performance.now();
    });
  }

  close(): void {
    this.#exchange = undefined;
    this.#socket.end();
  }

  #receive(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    try {
      const rest = exchange.body ? bytes : this.#readHead(exchange, bytes);
      if (!rest || !exchange.body) return;
      exchange.body.push(rest);
      if (exchange.body.isOver) this.#finish(exchange);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** The bytes after the head, once that is complete. */
  #readHead(exchange: Exchange, bytes: Buffer): Buffer | undefined {
    const before = exchange.head.length;
    exchange.head += bytes.toString('latin1');
    const end = exchange.head.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    if (!exchange.head.startsWith('HTTP/1.1 200 ') || !/\r\ntransfer-encoding: *chunked/i.test(exchange.head)) {
      throw new Error(`Not the answer of a stream: ${exchange.head.slice(0, 600)}`);
    }
    exchange.body = new ChunkedBody((data) => {
      if (exchange.firstByteAt === 0) exchange.firstByteAt = performance.now();
      exchange.count.add(data);
      exchange.texts?.push(data.toString('latin1'));
    });
    return bytes.subarray(end + 4 - before);
  }

  #finish(exchange: Exchange): void {
    this.#exchange = undefined;
    const { count, sentAt, firstByteAt, texts } = exchange;
    if (!count.endsWhole) return exchange.reject(new Error('The answer ends inside an event.'));
    exchange.resolve({
      events: count.events,
      bytes: count.bytes,
      firstByteMs: firstByteAt - sentAt,
      text: texts?.join('') ?? '',
    });
  }

  #fail(error: Error): void {
    this.#exchange?.reject(error);
    this.#exchange = undefined;
  }
}
