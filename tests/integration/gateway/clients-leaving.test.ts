import { expect, test } from 'bun:test';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { changeAccount } from '../../support/change-account.ts';
import {
  active,
  ask,
  expectAtRest,
  expectOneRow,
  chat,
  gate,
  handClock,
  read,
  readerOf,
  stateOf,
  streamedWays,
  untilProbed,
  ways,
  wholeChat,
} from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';

const clientCount = 200;
/** "At once", with room for a busy machine; every deadline of the gateway is far longer. */
const atOnceMs = 1_000;

for (const way of ways) {
  test(`R2: a client that leaves before the upstream has answered ends the upstream call at once (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    gateway.simulator.script({ reply: 'silence' });
    const leaving = new AbortController();
    const answer = ask(gateway, way, 'hi', { signal: leaving.signal });
    await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1, 'the upstream call');

    leaving.abort();
    await expect(answer).rejects.toThrow();

    await gateway.simulator.waitFor(
      () => gateway.simulator.openConnections === 0,
      'the upstream call to end',
      atOnceMs,
    );
    expect(gateway.simulator.requests.at(-1)).toMatchObject({ aborted: true });
    await expectOneRow(gateway, { status_code: 499, error_code: 'client_closed' });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
  });
}

for (const way of streamedWays) {
  test(`R2: a client that leaves mid-stream ends the upstream call at once, and nobody is blamed (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    const reader = readerOf(await ask(gateway, way, '[[sim:pace 10000 5]]'));
    await reader.until((raw) => raw.includes('word3 '));
    await reader.leave();

    await gateway.simulator.waitFor(
      () => gateway.simulator.openConnections === 0,
      'the upstream call to end',
      atOnceMs,
    );
    expect(gateway.simulator.requests.at(-1)).toMatchObject({ aborted: true });
    await expectOneRow(gateway, { status_code: 499, error_code: 'client_closed', attempts: 1 });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
    expect(gateway.accounts.map((account) => gateway.account(account)['failed_requests'])).toEqual([0, 0]);
  });

  test(`R2: a client that leaves in a quiet time, after keep-alives, ends the upstream call at once (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ env: { KEEPALIVE_MS: '100' } }));
    gateway.simulator.script({ reply: 'silence' });
    const reader = readerOf(await ask(gateway, way, 'hi'));
    await reader.until((raw) => raw.includes(': keep-alive'));
    await reader.leave();
    await gateway.simulator.waitFor(
      () => gateway.simulator.openConnections === 0,
      'the upstream call to end',
      atOnceMs,
    );
    await expectOneRow(gateway, { status_code: 499, error_code: 'client_closed' });
  });
}

test('R2: a client that leaves while its account’s token is renewed gives the account’s place back', async () => {
  const clock = handClock();
  const env = { KEEPALIVE_MS: '100', ACQUIRE_TIMEOUT_MS: '300' };
  await using gateway = await untilProbed(await startGateway({ clock, env, accounts: [{ expiresInMs: 3_600_000 }] }));
  const [account] = gateway.accounts as [SimulatedAccount];
  changeAccount(gateway, account, { maxConcurrency: 1 });
  clock.advance(2 * 3_600_000);
  const renewal = gate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: () => renewal.opened } });
  const reader = readerOf(await ask(gateway, chat, 'hi'));
  await reader.until((raw) => raw.includes(': keep-alive'));
  await reader.leave();
  await gateway.simulator.waitFor(() => gateway.app.runningRequests === 0, 'the client to be gone');
  renewal.open();
  await expectOneRow(gateway, { status_code: 499, error_code: 'client_closed' });
  expect(await read(await ask(gateway, wholeChat, 'again'))).toMatchObject({ status: 200, error: undefined });
});

/** Numbers in [0,1), the same in every run: a failure can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`R2: ${clientCount} clients that connect and drop at random moments leave nothing behind, and each has one log row`, async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 5, env: { KEEPALIVE_MS: '100' } }));
  const random = createRandom(20_260);
  const texts = [
    '[[sim:text 50]]',
    '[[sim:pace 100 10]]',
    '[[sim:fault silence]]',
    '[[sim:fault stall]]',
    '[[sim:burst 200]]',
    '[[sim:flood 400000]]',
  ];

  async function oneClient(index: number): Promise<'left' | 'served'> {
    const way = ways[index % ways.length] ?? ways[0];
    const text = texts[Math.floor(random() * texts.length)] ?? '';
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(), Math.floor(random() * 250));
    try {
      if (!way) throw new Error('There is no way');
      const response = await ask(gateway, way, text, { signal: leaving.signal });
      await response.arrayBuffer();
      return 'served';
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
      return 'left';
    } finally {
      clearTimeout(timer);
    }
  }
  const ends = await Promise.all(Array.from({ length: clientCount }, (_, index) => oneClient(index)));

  expect(ends.filter((end) => end === 'left').length).toBeGreaterThan(clientCount / 4);
  await expectAtRest(gateway);
  const rows = await gateway.logs();
  const codes = rows.map((row) => row['error_code']);
  expect(new Set(rows.map((row) => row['request_id'])).size).toBe(rows.length);
  expect(new Set(codes).difference(new Set([null, 'client_closed']))).toEqual(new Set());
  // A client may leave before its request is read; every request that reached the upstream is on record.
  expect(rows.length).toBeLessThanOrEqual(clientCount);
  expect(rows.length).toBeGreaterThanOrEqual(
    gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses').length,
  );
  expect(codes.filter((code) => code === null).length).toBeGreaterThanOrEqual(
    ends.filter((end) => end === 'served').length,
  );
  expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual(gateway.accounts.map(() => active));
  expect((await gateway.get('/livez')).status).toBe(200);
});
