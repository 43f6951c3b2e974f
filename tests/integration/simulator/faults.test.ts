import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { faultNames } from '../../../server/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../../server/simulator/simulator.ts';
import { codexClientId } from '../../../server/simulator/tokens.ts';
import { callCodex, codexBody, codexEvents, codexHeaders } from '../../support/simulator.ts';

function start() {
  const simulator = startSimulator();
  return { simulator, ada: simulator.addAccount({ name: 'ada' }), [Symbol.asyncDispose]: () => simulator.close() };
}

/** What goes over the wire for one call, and how the connection ended, if it did before `until` held. */
function rawCall(simulator: Simulator, account: SimulatedAccount, text: string, until: (received: string) => boolean) {
  const body = JSON.stringify(codexBody(text));
  const lines = Object.entries({ ...codexHeaders(account), host: 'sim', 'content-length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return new Promise<{ received: string; end: string }>((resolve) => {
    let received = '';
    let end = 'closed';
    const socket = connect(Number(new URL(simulator.origin).port), '127.0.0.1', () => {
      socket.write(`POST /backend-api/codex/responses HTTP/1.1\r\n${head}\r\n${body}`);
    });
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (!until(received)) return;
      end = 'open';
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      end = error.code ?? 'error';
    });
    socket.on('close', () => resolve({ received, end }));
  });
}

const never = () => false;

test('a cut ends the connection inside an event, without the last chunk', async () => {
  await using setup = start();
  const { received, end } = await rawCall(setup.simulator, setup.ada, '[[sim:fault cut]]', never);
  expect(end).toBe('closed');
  expect(received).toContain('"delta":" from"');
  expect(received).toEndWith('"content_in\r\n');
  expect(received).not.toContain('\r\n0\r\n');
  await setup.simulator.waitFor(() => setup.simulator.openConnections === 0);
  expect(setup.simulator.requests).toMatchObject([{ status: 200, finished: true, aborted: false }]);
});

test('a reset comes before any header, or after exactly the given events', async () => {
  await using setup = start();
  expect(await rawCall(setup.simulator, setup.ada, '[[sim:fault reset]]', never)).toEqual({
    received: '',
    end: 'ECONNRESET',
  });
  setup.simulator.script({ reply: { kind: 'stream', events: [{ type: 'response.created' }], ending: 'reset' } });
  const { received, end } = await rawCall(setup.simulator, setup.ada, 'hi', never);
  expect(received).toEndWith('data: {"type":"response.created","sequence_number":0}\n\n\r\n');
  expect(end).toBe('ECONNRESET');
});

test('F10: silence sends no header, a stall sends some events, and both stay open until the client leaves', async () => {
  await using setup = start();
  const { simulator, ada } = setup;
  const leaving = new AbortController();
  const silent = callCodex(simulator, ada, codexBody('[[sim:fault silence]]'), { signal: leaving.signal }).catch(
    (error: Error) => error.name,
  );
  const stalled = await callCodex(simulator, ada, codexBody('[[sim:fault stall]]'));
  const reader = stalled.body?.getReader();
  let text = '';
  while (!text.includes(' from')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(simulator.openConnections).toBe(2);
  expect(simulator.requests.map(({ aborted, finished }) => ({ aborted, finished }))).toEqual([
    { aborted: false, finished: false },
    { aborted: false, finished: false },
  ]);
  leaving.abort();
  await reader?.cancel();
  await simulator.waitFor(() => simulator.requests.every(({ aborted }) => aborted), 'both clients to be missed');
  expect([await silent, simulator.openConnections]).toEqual(['AbortError', 0]);
});

test('a client that leaves in the middle of a paced answer is noticed at once', async () => {
  await using setup = start();
  const response = await callCodex(setup.simulator, setup.ada, codexBody('[[sim:pace 1000 5]]'));
  await response.body?.cancel();
  await setup.simulator.waitFor(() => setup.simulator.requests[0]?.aborted === true, 'the client to be missed', 1_000);
  expect(setup.simulator.openConnections).toBe(0);
});

test('a client that leaves while it uploads is noticed, and the simulator lives on', async () => {
  await using setup = start();
  const { simulator, ada } = setup;
  const head = Object.entries({ ...codexHeaders(ada), host: 'sim', 'content-length': 1000 });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const socket = connect(Number(new URL(simulator.origin).port), '127.0.0.1', () => {
    socket.write(`POST /backend-api/codex/responses HTTP/1.1\r\n${lines}\r\n{"model"`);
  });
  await simulator.waitFor(() => simulator.openConnections === 1);
  socket.destroy();
  await simulator.waitFor(() => simulator.requests[0]?.aborted === true, 'the client to be missed');
  expect([simulator.openConnections, (await callCodex(simulator, ada, codexBody('hi'))).status]).toEqual([0, 200]);
});

test('S5: given chunks are written byte for byte, each by itself', async () => {
  await using setup = start();
  const chunks = ['event: x\nda', 'ta: {"type":"x","e":"\xc3', '\xa9"}\r', '\n\r\n'].map((text) =>
    Buffer.from(text, 'latin1'),
  );
  setup.simulator.script({ reply: { kind: 'stream', chunks } });
  const { received } = await rawCall(setup.simulator, setup.ada, 'hi', (text) => text.endsWith('\r\n0\r\n\r\n'));
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk.toString('latin1')}\r\n`).join('');
  expect(received).toEndWith(`\r\n\r\n${framed}0\r\n\r\n`);
});

test('a wait hook holds back each event until the test lets it go', async () => {
  await using setup = start();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const seen: number[] = [];
  const wait = (index: number) => {
    seen.push(index);
    return gates[index]?.promise;
  };
  setup.simulator.script({ reply: { kind: 'stream', events: [{ type: 'a' }, { type: 'b' }], wait } });
  const response = await callCodex(setup.simulator, setup.ada, codexBody('hi'));
  const reader = response.body?.getReader();
  const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(seen).toEqual([0]);
  gates[0]?.resolve();
  expect(await next()).toContain('"type":"a"');
  gates[1]?.resolve();
  expect(await next()).toContain('"type":"b"');
});

test('F7, F8: an ordinary answer can be broken off with an event of choice, before or after output', async () => {
  await using setup = start();
  const types = async (text: string) => {
    const events = codexEvents(await (await callCodex(setup.simulator, setup.ada, codexBody(text))).text());
    return { types: events.map((event) => event['type']), last: events.at(-1) };
  };
  const early = await types('[[sim:fault overloaded]]');
  expect(early.types).toEqual(['response.created', 'response.in_progress', 'response.failed']);
  expect(early.last).toMatchObject({
    sequence_number: 2,
    response: {
      id: expect.stringMatching(/^resp_/),
      status: 'failed',
      error: { code: 'server_is_overloaded' },
      usage: null,
    },
  });
  const late = await types('[[sim:fault late-overloaded]]');
  expect(late.types.slice(-2)).toEqual(['response.output_text.delta', 'response.failed']);
});

test('scripts are used up in order, by the account and endpoint they name, before any directive', async () => {
  await using setup = start();
  const { simulator, ada } = setup;
  const grace = simulator.addAccount({ name: 'grace' });
  simulator.script([
    { account: 'ada', times: 2, reply: '503' },
    { reply: { kind: 'fixed', status: 418, headers: { 'retry-after': '3' }, body: { tea: true } } },
    { endpoint: 'usage', reply: '500' },
  ]);
  const status = async (account: SimulatedAccount) => (await callCodex(simulator, account, codexBody('hi'))).status;
  expect([await status(ada), await status(grace), await status(ada), await status(ada)]).toEqual([503, 418, 503, 200]);
  const usage = () => fetch(`${simulator.origin}/backend-api/wham/usage`, { headers: codexHeaders(ada) });
  expect([(await usage()).status, (await usage()).status, simulator.waitingScripts]).toEqual([500, 200, 0]);
  const onlyGrace = codexBody('[[sim:fault 429 grace]]');
  expect([
    (await callCodex(simulator, ada, onlyGrace)).status,
    (await callCodex(simulator, grace, onlyGrace)).status,
  ]).toEqual([200, 429]);
});

test('T3: a token call can be lost after the refresh token was used up', async () => {
  await using setup = start();
  const { simulator, ada } = setup;
  simulator.script({ endpoint: 'token', reply: { kind: 'answer', ending: 'reset' } });
  const body = JSON.stringify({
    client_id: codexClientId,
    grant_type: 'refresh_token',
    refresh_token: ada.refreshToken,
  });
  const refresh = () => fetch(`${simulator.issuer}/oauth/token`, { method: 'POST', body });
  expect(await refresh().catch((error: Error) => error.message)).toContain('closed unexpectedly');
  const again = await refresh();
  expect([again.status, await again.json()]).toMatchObject([401, { error: { code: 'refresh_token_reused' } }]);
});

test('F9: an edge block is an HTML 403', async () => {
  await using setup = start();
  const response = await callCodex(setup.simulator, setup.ada, codexBody('[[sim:fault html403]]'));
  expect([response.status, response.headers.get('content-type'), response.headers.get('cf-mitigated')]).toEqual([
    403,
    'text/html; charset=UTF-8',
    'challenge',
  ]);
  expect(await response.text()).toContain('Just a moment...');
});

test('every named fault with a status of its own answers it, with the quota headers of the account', async () => {
  await using setup = start();
  for (const name of faultNames.filter((candidate) => /^\d{3}$/.test(candidate))) {
    const response = await callCodex(setup.simulator, setup.ada, codexBody(`[[sim:fault ${name}]]`));
    expect([name, response.status, response.headers.get('x-codex-plan-type')]).toEqual([name, Number(name), 'plus']);
  }
});

test('an unknown fault is told, not swallowed', async () => {
  await using setup = start();
  const response = await callCodex(setup.simulator, setup.ada, codexBody('[[sim:fault 4290]]'));
  expect(await response.json()).toEqual({ detail: "The simulator knows no fault '4290'" });
});
