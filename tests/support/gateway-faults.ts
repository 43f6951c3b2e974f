import { expect } from 'bun:test';
import type { SimulatedAccount } from '../../server/simulator/account.ts';
import type { TestGateway } from './start-gateway.ts';

type Json = Record<string, unknown>;

/** One way to ask for an answer: an endpoint, streamed or whole. */
export interface Way {
  name: string;
  path: '/v1/chat/completions' | '/v1/responses';
  streamed: boolean;
}

export const ways: readonly Way[] = [
  { name: 'chat, streamed', path: '/v1/chat/completions', streamed: true },
  { name: 'chat, whole', path: '/v1/chat/completions', streamed: false },
  { name: 'responses, streamed', path: '/v1/responses', streamed: true },
  { name: 'responses, whole', path: '/v1/responses', streamed: false },
];
export const streamedWays = ways.filter((way) => way.streamed);
export const wholeWays = ways.filter((way) => !way.streamed);
export const [chat, wholeChat, responses, wholeResponses] = ways as [Way, Way, Way, Way];

/** Asks for an answer to `text` with the client key of the gateway. */
export function ask(
  gateway: TestGateway,
  way: Way,
  text: string,
  options: { body?: Json; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const { body, ...rest } = options;
  const content =
    way.path === '/v1/responses'
      ? { input: text, store: false }
      : {
          messages: [{ role: 'user', content: text }],
          ...(way.streamed ? { stream_options: { include_usage: true } } : {}),
        };
  return gateway.post(way.path, { model: 'gpt-5.5', stream: way.streamed, ...content, ...body }, rest);
}

/** What a client got: a status and either one document or a stream's payloads, comments left out. */
export interface Got {
  status: number;
  headers: Headers;
  /** The text of the answer, however it came. */
  text: string;
  /** `error` of the body or of the last event; undefined when all went well. */
  error: Json | undefined;
  /** Payloads of a stream in order; a whole answer is one payload. */
  payloads: (Json | '[DONE]')[];
  /** The stream says that it is complete: `[DONE]`, or a terminal event. */
  isComplete: boolean;
  raw: string;
}

/** Reads a response to its end, of either endpoint, streamed or whole. */
export async function read(response: Response): Promise<Got> {
  const raw = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const payloads = isStream ? payloadsOf(raw) : [JSON.parse(raw) as Json];
  const last = payloads.at(-1);
  return {
    status: response.status,
    headers: response.headers,
    text: textIn(payloads),
    error: errorIn(payloads),
    payloads,
    isComplete: isStream ? last === '[DONE]' || isTerminal(last) : response.status === 200,
    raw,
  };
}

/** Reads a streamed answer piece by piece. */
export interface StreamReader {
  /** What has come so far. */
  readonly raw: string;
  readonly isOver: boolean;
  /** Reads on until what has come fulfils the condition; throws when the stream ends before. */
  until(condition: (raw: string) => boolean): Promise<string>;
  /** Reads to the end. */
  rest(): Promise<Got>;
  /** Leaves, as a client that closes its connection. */
  leave(): Promise<void>;
}

export function readerOf(response: Response): StreamReader {
  const reader = response.body?.getReader();
  if (!reader) throw new Error('The answer has no body');
  const decoder = new TextDecoder();
  let raw = '';
  let isOver = false;
  const step = async () => {
    const { done, value } = await reader.read();
    if (done) isOver = true;
    else raw += decoder.decode(value, { stream: true });
  };
  return {
    get raw() {
      return raw;
    },
    get isOver() {
      return isOver;
    },
    async until(condition) {
      while (!condition(raw)) {
        if (isOver) throw new Error(`The stream ended before what the test waited for: ${raw}`);
        await step();
      }
      return raw;
    },
    async rest() {
      while (!isOver) await step();
      return read(new Response(raw, { status: response.status, headers: response.headers }));
    },
    leave: () => reader.cancel(),
  };
}

/** The payloads of an event stream; throws when it ends inside an event. */
export function payloadsOf(raw: string): (Json | '[DONE]')[] {
  if (raw !== '' && !raw.endsWith('\n\n')) throw new Error('The stream ends inside an event');
  const lines = raw.split('\n').filter((line) => line.startsWith('data: '));
  return lines
    .map((line) => line.slice('data: '.length))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as Json)));
}

function isTerminal(payload: Json | '[DONE]' | undefined): boolean {
  return (
    typeof payload === 'object' &&
    (payload['type'] === 'response.completed' || payload['type'] === 'response.incomplete')
  );
}

function errorIn(payloads: readonly (Json | '[DONE]')[]): Json | undefined {
  for (const payload of payloads) {
    if (payload === '[DONE]') continue;
    if (payload['type'] === 'error') return (payload['error'] as Json | undefined) ?? payload;
    if (payload['type'] === 'response.failed') return (payload['response'] as Json)['error'] as Json;
    if (payload['error'] != null) return payload['error'] as Json;
  }
  return undefined;
}

function textIn(payloads: readonly (Json | '[DONE]')[]): string {
  let text = '';
  for (const payload of payloads) {
    if (payload === '[DONE]') continue;
    if (payload['type'] === 'response.output_text.delta') text += String(payload['delta']);
    for (const choice of (payload['choices'] as Json[] | undefined) ?? []) {
      const message = (choice['delta'] ?? choice['message']) as Json;
      if (typeof message['content'] === 'string') text += message['content'];
    }
    if (payload['object'] === 'response') text += outputText(payload['output'] as Json[]);
  }
  return text;
}

function outputText(output: readonly Json[]): string {
  const parts = output.flatMap((item) => (item['content'] as Json[] | undefined) ?? []);
  return parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

/**
 * Waits until the background work has asked about every account once: a quota reading that comes later could lift
 * the very cool-down a test is about.
 */
export async function untilProbed(gateway: TestGateway): Promise<TestGateway> {
  const unknown = gateway.db.sqlite.query<{ count: number }, []>(
    'select count(*) as count from tokens where quota_checked_at is null or catalogue_checked_at is null',
  );
  await gateway.simulator.waitFor(
    () => unknown.get()?.count === 0 && gateway.app.watchedCalls === 0,
    'every account to be probed',
  );
  return gateway;
}

/** Nothing is left of the requests so far: no run, no watched call or stream, no open call at the backend. */
export async function expectAtRest(gateway: TestGateway): Promise<void> {
  const left = () => [gateway.app.runningRequests, gateway.app.watchedCalls, gateway.simulator.openConnections];
  await gateway.simulator.waitFor(() => left().every((count) => count === 0), 'everything to be over').catch(() => {});
  expect(left()).toEqual([0, 0, 0]);
}

/** The only log row there is; everything the request held has been given back. */
export async function expectOneRow(gateway: TestGateway, expected: Json): Promise<Json> {
  await expectAtRest(gateway);
  const rows = await gateway.logs();
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject(expected);
  return rows[0] as Json;
}

/** What an account has become. */
export function stateOf(
  gateway: TestGateway,
  account: SimulatedAccount,
): { state: unknown; reason: unknown; until: unknown } {
  const row = gateway.account(account);
  return { state: row['state'], reason: row['state_reason'], until: row['state_until'] };
}

export const active = { state: 'active', reason: null, until: null } as const;

/** The accounts that were asked for an answer, in order. */
export function askedAccounts(gateway: TestGateway): (string | undefined)[] {
  return gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses').map(({ account }) => account);
}

/** A clock that stands until it is moved. */
export function handClock(start = Date.now()): { now(): number; advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** Something the backend waits for until the test opens it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
