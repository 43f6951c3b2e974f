import { expect, test } from 'bun:test';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { active, ask, handClock, read, stateOf, untilProbed, wholeChat } from '../../support/gateway-faults.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Some turns of as many conversations, all of which must be answered, with the background work between them. */
async function work(gateway: TestGateway, label: string): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    expect((await read(await ask(gateway, wholeChat, `${label} ${turn}`))).status).toBe(200);
    await gateway.app.maintenance.run();
  }
}

for (const jumpMs of [hourMs, -hourMs]) {
  const way = jumpMs > 0 ? 'forward' : 'back';

  test(`R11: a clock that jumps an hour ${way} makes nothing refresh that has days to live`, async () => {
    const clock = handClock();
    await using gateway = await untilProbed(await startGateway({ accounts: 5, clock }));
    await work(gateway, 'before');
    clock.advance(jumpMs);
    await work(gateway, 'after');
    expect(gateway.simulator.refreshCount()).toBe(0);
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual(gateway.accounts.map(() => active));
  });

  test(`R11: tokens that come due by a jump of an hour ${way} are refreshed once each, and not again when the clock is put right`, async () => {
    const clock = handClock();
    const accounts = Array.from({ length: 5 }, () => ({ expiresInMs: 65 * minuteMs }));
    await using gateway = await untilProbed(await startGateway({ accounts, clock }));
    clock.advance(jumpMs);
    await work(gateway, 'after');
    clock.advance(-jumpMs);
    await work(gateway, 'put right');
    for (const { name } of gateway.accounts) expect(gateway.simulator.refreshCount(name)).toBe(jumpMs > 0 ? 1 : 0);
  });

  test(`R11: a short rest stays short when the clock jumps an hour ${way} during it`, async () => {
    const clock = handClock();
    await using gateway = await untilProbed(await startGateway({ clock }));
    const [account] = gateway.accounts as [SimulatedAccount];
    gateway.simulator.script({ reply: 'html403' });
    expect((await read(await ask(gateway, wholeChat, 'hi'))).status).toBe(429);
    expect(stateOf(gateway, account).state).toBe('cooling');

    clock.advance(jumpMs);
    await read(await ask(gateway, wholeChat, 'hi'));
    clock.advance(31_000);
    expect((await read(await ask(gateway, wholeChat, 'hi'))).status).toBe(200);
  });

  test(`R11: a gateway whose clock is an hour ${jumpMs > 0 ? 'ahead of' : 'behind'} the upstream's rests an account as long as the upstream says`, async () => {
    await using simulator = startSimulator();
    const clock = handClock(Date.now() + jumpMs);
    await using gateway = await untilProbed(await startGateway({ simulator, clock }));
    const [account] = gateway.accounts as [SimulatedAccount];
    account.setWindows({ primary: { usedPercent: 100, resetAt: Date.now() + 2 * hourMs } });
    expect((await read(await ask(gateway, wholeChat, 'hi'))).status).toBe(429);
    const restMs = Number(stateOf(gateway, account).until) - clock.now();
    expect(Math.abs(restMs - 2 * hourMs)).toBeLessThan(minuteMs);
  });

  test(`R11: a gateway whose clock is an hour ${jumpMs > 0 ? 'ahead' : 'behind'} does not refresh tokens that live an hour over and over`, async () => {
    await using simulator = startSimulator({ accessTokenLifetimeMs: hourMs });
    const clock = handClock(Date.now() + jumpMs);
    await using gateway = await untilProbed(await startGateway({ accounts: 2, simulator, clock }));
    await work(gateway, 'a');
    clock.advance(5 * minuteMs);
    await work(gateway, 'b');
    for (const { name } of gateway.accounts) expect(simulator.refreshCount(name)).toBeLessThanOrEqual(2);
  });
}

test('R11: no statement of an upstream rests an account for longer than a quota window lasts', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  const late = Math.floor(clock.now() / 1_000) + 400 * 86_400;
  const error = { type: 'usage_limit_reached', message: 'The usage limit has been reached', resets_at: late };
  gateway.simulator.script({ reply: { kind: 'fixed', status: 429, body: { error } } });
  await read(await ask(gateway, wholeChat, 'hi'));
  expect(Number(stateOf(gateway, account).until) - clock.now()).toBeLessThan(dayMs);
});

test('R11: a burst limit stated as a date of a wrong clock rests the account for minutes at most', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  const headers = { 'retry-after': new Date(clock.now() + dayMs).toUTCString() };
  const error = { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'Slow down.' };
  gateway.simulator.script({ reply: { kind: 'fixed', status: 429, headers, body: { error } } });
  await read(await ask(gateway, wholeChat, 'hi'));
  expect(Number(stateOf(gateway, account).until) - clock.now()).toBeLessThanOrEqual(5 * minuteMs);
});

test('R11: a refresh that failed before the clock was set back an hour is not put off for that hour', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  gateway.simulator.script({
    endpoint: 'token',
    times: Number.POSITIVE_INFINITY,
    reply: { kind: 'fixed', status: 500, body: {} },
  });
  clock.advance(11 * dayMs);
  await gateway.app.maintenance.run();
  const failed = gateway.simulator.refreshCount(account.name);
  expect(failed).toBeGreaterThanOrEqual(1);

  gateway.simulator.clearScripts();
  clock.advance(-hourMs);
  await gateway.app.maintenance.run();
  expect(gateway.simulator.refreshCount(account.name)).toBe(failed + 1);
});
