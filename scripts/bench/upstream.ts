import type { Socket } from 'bun';
import { catalogueEntry, defaultSlugs } from '../../server/simulator/catalogue.ts';
import { defaultQuota, usageBody } from '../../server/simulator/quota.ts';
import { shapeIn } from './protocol.ts';
import { type PreparedAnswer, prepareAnswer } from './upstream-answer.ts';

// The backend of the bench, a process of its own: raw sockets and prepared bytes, so that it is never what is measured.
// It believes every access token. Prints its port, runs until it is ended.

interface Connection {
  /** Bytes of a request that is not complete. */
  received: string;
  /** What the socket did not take. */
  unsent: Buffer[];
  timer: ReturnType<typeof setInterval> | undefined;
}

const answers = new Map<string, PreparedAnswer>();
let serial = 0;

function answerTo(body: string): { paceMs: number; head: Buffer; pieces: Buffer[] } {
  const shape = shapeIn(body) ?? { events: 100, paceMs: 0 };
  const key = `${shape.events}/${shape.paceMs}`;
  const prepared = answers.get(key) ?? prepareAnswer(shape);
  answers.set(key, prepared);
  serial += 1;
  return { paceMs: shape.paceMs, head: prepared.headFor(serial), pieces: prepared.piecesFor(serial) };
}

function respond(socket: Socket<Connection>, body: string): void {
  const { paceMs, head, pieces } = answerTo(body);
  if (paceMs === 0) return send(socket, Buffer.concat([head, ...pieces]));
  let next = 0;
  send(socket, head);
  socket.data.timer = setInterval(() => {
    const piece = pieces[next];
    next += 1;
    if (piece) send(socket, piece);
    if (next >= pieces.length) clearInterval(socket.data.timer);
  }, paceMs);
}

/** The gateway's background calls: what it wants to know of its accounts. */
function respondJson(socket: Socket<Connection>, path: string): void {
  const json = path.includes('/models')
    ? { models: defaultSlugs.map((slug) => catalogueEntry(slug)) }
    : { plan_type: 'plus', ...usageBody(defaultQuota(Date.now()), Date.now()) };
  const bytes = Buffer.from(JSON.stringify(json));
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  send(socket, Buffer.concat([Buffer.from(head), bytes]));
}

function send(socket: Socket<Connection>, bytes: Buffer): void {
  const { unsent } = socket.data;
  if (unsent.length > 0) return void unsent.push(bytes);
  const taken = Math.max(0, socket.write(bytes));
  if (taken < bytes.length) unsent.push(bytes.subarray(taken));
}

function sendMore(socket: Socket<Connection>): void {
  const waiting = socket.data.unsent.splice(0);
  for (const bytes of waiting) send(socket, bytes);
}

function readRequests(socket: Socket<Connection>): void {
  for (;;) {
    const { received } = socket.data;
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + length;
    if (received.length < end) return;
    socket.data.received = received.slice(end);
    const [method = '', path = ''] = head.split(' ', 2);
    if (method === 'POST') respond(socket, received.slice(headEnd + 4, end));
    else respondJson(socket, path);
  }
}

const server = Bun.listen<Connection>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { received: '', unsent: [], timer: undefined };
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      socket.data.received += bytes.toString('latin1');
      readRequests(socket);
    },
    drain: sendMore,
    close(socket) {
      clearInterval(socket.data.timer);
    },
  },
});
console.log(server.port);
