import { connect } from 'node:net';

/** What came back over one connection. */
export interface Exchange {
  /** Everything received, one character per byte. */
  received: string;
  /** The server ended the connection. */
  isClosed: boolean;
}

/**
 * Writes `bytes` (a string stands for one byte per character) to a server and reads until `isEnough` says so or the
 * server closes. Rejects after five seconds.
 */
export function exchange(
  origin: string,
  bytes: string | Uint8Array,
  isEnough: (received: string) => boolean,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    let received = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    );
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`Neither an answer nor an end came, only ${JSON.stringify(received.slice(0, 500))}.`));
    }, 5_000);
    const end = (isClosed: boolean) => {
      clearTimeout(deadline);
      socket.destroy();
      resolve({ received, isClosed });
    };
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (isEnough(received)) end(false);
    });
    // A server may refuse a request by a reset while it is still being sent.
    socket.on('error', () => {});
    socket.on('close', () => end(true));
  });
}

/** The status lines of the answers in `received`, as numbers. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** The text of a request with these headers. */
export function requestText(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n${lines.join('')}\r\n${body}`;
}
