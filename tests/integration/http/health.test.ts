import { expect, test } from 'bun:test';
import { setAccountState } from '../../support/change-account.ts';
import { ask, chat, handClock, read, readerOf, untilProbed, wholeChat } from '../../support/gateway-faults.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

async function checksOf(gateway: TestGateway): Promise<{ status: number; checks: Record<string, string> }> {
  const response = await gateway.get('/readyz', { key: null });
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  return { status: response.status, checks };
}

test('/health keeps what its users poll: 200, ok and the number of tokens, without a key and without accounts', async () => {
  await using gateway = await startGateway({ accounts: 0 });
  const health = async () => (await gateway.get('/health', { key: null })).json();
  expect(await health()).toMatchObject({ status: 'ok', tokens_count: 0 });
  gateway.addAccount();
  const second = gateway.addAccount();
  setAccountState(gateway, second, 'disabled');
  expect(await health()).toMatchObject({
    status: 'ok',
    tokens_count: 2,
    tokens: { active: 1, cooling: 0, unusable: 1 },
    running_requests: 0,
  });
});

test('/readyz says no, and why, without an account and with none that is usable; /livez says yes all the same', async () => {
  await using gateway = await startGateway({ accounts: 0 });
  expect(await checksOf(gateway)).toMatchObject({
    status: 503,
    checks: { store: 'ok', accounts: 'there is no account' },
  });
  const account = gateway.addAccount();
  expect((await checksOf(gateway)).checks['accounts']).toBe('ok');
  setAccountState(gateway, account, 'disabled');
  expect(await checksOf(gateway)).toMatchObject({ status: 503, checks: { accounts: 'no account is usable now' } });
  expect((await gateway.get('/livez', { key: null })).status).toBe(200);
});

test('/readyz says yes as soon as a cool-down is over, although no request has come since', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  gateway.simulator.script({ reply: { kind: 'fixed', status: 403, body: '<html>Blocked</html>' } });
  await read(await ask(gateway, wholeChat, 'hi'));
  expect((await checksOf(gateway)).checks['accounts']).toBe('no account is usable now');
  clock.advance(60_000);
  expect((await checksOf(gateway)).checks['accounts']).toBe('ok');
});

test('without an account a request is a 503 that says so, streamed or whole', async () => {
  await using gateway = await startGateway({ accounts: 0 });
  for (const way of [chat, wholeChat]) {
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({
      status: 503,
      error: { code: 'no_accounts', type: 'server_error' },
    });
  }
});

test('while draining, running answers finish, new requests are turned away with Retry-After, and health is still told', async () => {
  await using gateway = await startGateway();
  const release = Promise.withResolvers<void>();
  gateway.simulator.script({ reply: { kind: 'answer', wait: (index) => (index === 5 ? release.promise : undefined) } });
  const running = readerOf(await ask(gateway, chat, '[[sim:text 8]]'));
  await running.until((raw) => raw.includes('data: '));

  gateway.app.drain();
  expect(await checksOf(gateway)).toMatchObject({ status: 503, checks: { draining: 'the server is stopping' } });
  expect(await (await gateway.get('/health', { key: null })).json()).toMatchObject({
    status: 'ok',
    running_requests: 1,
  });
  const refused = await read(await ask(gateway, wholeChat, 'hi'));
  expect(refused).toMatchObject({ status: 503, error: { code: 'shutting_down' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

  release.resolve();
  expect(await running.rest()).toMatchObject({ isComplete: true, error: undefined });
});
