import { connect, createServer, type Server, type Socket } from 'node:net';

/** An outbound proxy on 127.0.0.1 that remembers what clients sent through it. */
export interface OutboundProxy extends AsyncDisposable {
  /** As it is configured, e.g. `socks5://127.0.0.1:PORT`. */
  readonly url: string;
  /** Method and path of every HTTP request that passed, tunnels included, in order. */
  requests(): string[];
}

/** Where a tunnel leads, how its opening is answered, and what the client sent along for the target. */
interface Opening {
  host: string;
  port: number;
  answer: string | Uint8Array;
  rest: Buffer;
}

/** Who may use a proxy; it turns everybody else away. */
export interface ProxyLogin {
  user: string;
  password: string;
}

/** A proxy for http:// URLs, by CONNECT tunnels and by absolute request targets. */
export function startHttpProxy(login?: ProxyLogin): Promise<OutboundProxy> {
  return start('http', login, async (socket) => {
    const bytes = await readUntil(socket, (seen) => seen.includes('\r\n\r\n'));
    const text = bytes.toString('latin1');
    const presented = /^proxy-authorization: Basic (\S+)\r$/im.exec(text)?.[1] ?? '';
    if (login && Buffer.from(presented, 'base64').toString() !== `${login.user}:${login.password}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      throw new Error('The login is wrong.');
    }
    const [, method, target = ''] = /^(\S+) (\S+) HTTP\/1\.1\r\n/.exec(text) ?? [];
    if (method === 'CONNECT') {
      const { hostname, port } = new URL(`http://${target}`);
      const rest = bytes.subarray(text.indexOf('\r\n\r\n') + 4);
      return { host: hostname, port: Number(port), answer: 'HTTP/1.1 200 Connection established\r\n\r\n', rest };
    }
    // Every connection of these tests leads to one host, so the rest may be passed on as it is.
    const { hostname, port } = new URL(target);
    return { host: hostname, port: Number(port), answer: '', rest: bytes };
  });
}

/** A SOCKS5 proxy for names and IPv4 addresses. */
export function startSocksProxy(login?: ProxyLogin): Promise<OutboundProxy> {
  return start('socks5', login, async (socket) => {
    await readUntil(socket, (seen) => seen.length >= 2 && seen.length >= 2 + (seen[1] ?? 0));
    socket.write(Uint8Array.of(5, login ? 2 : 0));
    if (login) {
      const expected = `\x01${lengthThenText(login.user)}${lengthThenText(login.password)}`;
      const presented = await readUntil(socket, (seen) => seen.length >= expected.length);
      if (presented.toString('latin1') !== expected) throw new Error('The login is wrong.');
      socket.write(Uint8Array.of(1, 0));
    }
    const head = await readUntil(socket, (seen) => seen.length >= 5 && seen.length >= socksRequestLength(seen));
    const length = socksRequestLength(head);
    const address = head.subarray(head[3] === 1 ? 4 : 5, length - 2);
    return {
      host: head[3] === 1 ? address.join('.') : address.toString('latin1'),
      port: head.readUInt16BE(length - 2),
      answer: Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
      rest: head.subarray(length),
    };
  });
}

/** The URL of a proxy nobody runs: its port was free a moment ago. */
export async function deadProxyUrl(scheme: 'http' | 'socks5'): Promise<string> {
  await using proxy = await start(scheme, undefined, () => Promise.reject(new Error('Nobody comes here.')));
  return proxy.url;
}

function socksRequestLength(head: Buffer): number {
  return head[3] === 1 ? 10 : 7 + (head[4] ?? 0);
}

const lengthThenText = (text: string) => String.fromCharCode(text.length) + text;

async function start(
  scheme: 'http' | 'socks5',
  login: ProxyLogin | undefined,
  open: (socket: Socket) => Promise<Opening>,
): Promise<OutboundProxy> {
  const sockets = new Set<Socket>();
  let sent = '';

  async function serve(socket: Socket): Promise<void> {
    const { host, port, answer, rest } = await open(socket);
    const target = connect(port, host);
    track(target);
    target.on('close', () => socket.destroy());
    socket.on('close', () => target.destroy());
    if (answer.length > 0) socket.write(answer);
    const pass = (bytes: Buffer) => {
      sent += bytes.toString('latin1');
      target.write(bytes);
    };
    if (rest.length > 0) pass(rest);
    socket.on('data', pass);
    target.pipe(socket);
  }

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  const server: Server = createServer((socket) => {
    track(socket);
    serve(socket).catch(() => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
  return {
    url: `${scheme}://${login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@` : ''}127.0.0.1:${address.port}`,
    requests: () =>
      [...sent.matchAll(/(GET|POST|HEAD) (?:http:\/\/[^/ ]+)?(\/\S*) HTTP\/1\.1\r\n/g)].map(
        ([, method, path]) => `${method} ${path}`,
      ),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What a socket sends until there is enough of it; later bytes come as `data` again. */
function readUntil(socket: Socket, isEnough: (seen: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onData = (bytes: Buffer) => {
      seen = Buffer.concat([seen, bytes]);
      if (!isEnough(seen)) return;
      socket.off('data', onData);
      resolve(seen);
    };
    socket.on('data', onData);
    socket.on('close', () => reject(new Error('The client left before it said where to.')));
  });
}
