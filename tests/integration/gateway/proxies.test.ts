import { expect, test } from 'bun:test';
import type { Clock } from '../../../server/core/clock.ts';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { type Simulator, startSimulator } from '../../../server/simulator/simulator.ts';
import { changeAccount } from '../../support/change-account.ts';
import { ask, chat, handClock, read, stateOf, untilProbed } from '../../support/gateway-faults.ts';
import { createDeployment } from '../../support/gateway-process.ts';
import { deadProxyUrl, type OutboundProxy, startHttpProxy, startSocksProxy } from '../../support/outbound-proxy.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const hour = 3_600_000;
const kinds = [
  { scheme: 'http', start: startHttpProxy },
  { scheme: 'socks5', start: startSocksProxy },
] as const;
const logins = [
  { login: undefined, manner: 'open to all' },
  { login: { user: 'ada', password: 'p@ss:w/rd' }, manner: 'with a password' },
];
const proxies = kinds.flatMap((kind) => logins.map((login) => ({ ...kind, ...login })));

/** What the backend was asked, in the form the proxies keep it. */
function received(simulator: Simulator, account?: SimulatedAccount): string[] {
  const calls = simulator.requests.filter((call) => account === undefined || call.account === account.name);
  return calls.map(({ method, path }) => `${method} ${path}`).toSorted();
}

/** A gateway without accounts whose background work has had its first round: the next one is the test's. */
async function startIdle(options: { clock?: Clock; env?: Record<string, string> } = {}): Promise<TestGateway> {
  const gateway = await startGateway({ ...options, accounts: 0 });
  await gateway.app.maintenance.run();
  return gateway;
}

const passed = (proxy: OutboundProxy) => proxy.requests().toSorted();

test.each(proxies)(
  'T7: refresh, usage, model list and model calls of an account leave through its own $scheme proxy $manner',
  async ({ start, login }) => {
    await using proxy = await start(login);
    const clock = handClock();
    // NO_PROXY is about the environment's proxy and must not open a way around an account's own.
    await using gateway = await startIdle({ clock, env: { NO_PROXY: '*' } });
    const account = gateway.addAccount({ expiresInMs: hour });
    changeAccount(gateway, account, { proxyUrl: proxy.url });
    clock.advance(2 * hour);
    await gateway.app.maintenance.run();
    account.expireAccessToken();
    expect(await read(await ask(gateway, chat, 'hello'))).toMatchObject({ status: 200, isComplete: true });

    expect(passed(proxy)).toEqual(received(gateway.simulator));
    expect(new Set(gateway.simulator.requests.map(({ endpoint }) => endpoint))).toEqual(
      new Set(['token', 'usage', 'models', 'accounts-check', 'responses'] as const),
    );
    expect(gateway.simulator.refreshCount()).toBe(2);
  },
);

test.each(kinds)(
  'T7: with its $scheme proxy down an account is out of use, and nothing of it goes out directly',
  async ({ scheme }) => {
    const clock = handClock();
    await using gateway = await startIdle({ clock });
    const [behindProxy, expired, other] = [
      gateway.addAccount(),
      gateway.addAccount({ expiresInMs: hour }),
      gateway.addAccount(),
    ];
    const proxyUrl = await deadProxyUrl(scheme);
    for (const account of [behindProxy, expired]) changeAccount(gateway, account, { proxyUrl, priority: 1 });
    clock.advance(2 * hour);
    await gateway.app.maintenance.run();

    expect(await read(await ask(gateway, chat, 'hello'))).toMatchObject({ status: 200, isComplete: true });
    expect(received(gateway.simulator, behindProxy)).toEqual([]);
    expect(received(gateway.simulator, expired)).toEqual([]);
    expect(received(gateway.simulator, other)).toContain('POST /backend-api/codex/responses');
    expect(stateOf(gateway, behindProxy)).toMatchObject({ state: 'cooling', reason: 'proxy_failed' });
    expect(stateOf(gateway, expired)).toMatchObject({ state: 'cooling', reason: 'refresh_failed' });
  },
);

test.each(kinds)(
  'T7: when the only account’s $scheme proxy is down its client is told so without a direct try',
  async ({ scheme }) => {
    await using gateway = await startIdle();
    const account = gateway.addAccount();
    changeAccount(gateway, account, { proxyUrl: await deadProxyUrl(scheme) });
    expect(await read(await ask(gateway, chat, 'hello'))).toMatchObject({
      status: 429,
      error: { code: 'rate_limit_exceeded' },
    });
    expect(gateway.simulator.requests).toEqual([]);
  },
);

test('T7: accounts without a proxy of their own use the environment’s, unless NO_PROXY exempts the host', async () => {
  await using proxy = await startHttpProxy();
  await using proxied = await untilProbed(
    await startGateway({ env: { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com' } }),
  );
  expect((await read(await ask(proxied, chat, 'hello'))).isComplete).toBe(true);
  expect(received(proxied.simulator)).toContain('POST /backend-api/codex/responses');
  expect(passed(proxy)).toEqual(received(proxied.simulator));

  const before = proxy.requests().length;
  await using exempt = await untilProbed(
    await startGateway({ env: { ALL_PROXY: proxy.url, NO_PROXY: 'example.com, 127.0.0.1' } }),
  );
  expect((await read(await ask(exempt, chat, 'hello'))).isComplete).toBe(true);
  expect(proxy.requests()).toHaveLength(before);
});

test('T7: in a process whose real environment names a proxy and exempts the host, only the account’s own proxy is used', async () => {
  await using simulator = startSimulator();
  await using ofAccount = await startHttpProxy();
  await using ofEnvironment = await startHttpProxy();
  await using deployment = await createDeployment(simulator);
  const account = simulator.addAccount({ expiresInMs: -hour });
  deployment.import(account, { proxy_url: ofAccount.url });
  await using gateway = await deployment.start({
    HTTP_PROXY: ofEnvironment.url,
    http_proxy: ofEnvironment.url,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
  expect((await gateway.ask('hello')).status).toBe(200);
  await simulator.waitFor(
    () => simulator.requests.some(({ endpoint, finished }) => endpoint === 'accounts-check' && finished),
    'the background work',
  );
  expect(passed(ofAccount)).toEqual(received(simulator));
  expect(ofEnvironment.requests()).toEqual([]);
});
