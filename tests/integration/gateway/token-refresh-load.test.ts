import { expect, test } from 'bun:test';
import { handClock } from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';

const minute = 60_000;

test('T5: 500 accounts due at start are refreshed a few at a time, each once, and nothing that is not due', async () => {
  const due = Array.from({ length: 500 }, () => ({ expiresInMs: -minute }));
  const fresh = Array.from({ length: 20 }, (_, index) => ({ name: `fresh-${index}` }));
  await using gateway = await startGateway({ accounts: [...due, ...fresh] });
  const { simulator } = gateway;
  let most = 0;
  const note = () => {
    const open = simulator.requests.filter(({ endpoint, finished }) => endpoint === 'token' && !finished);
    most = Math.max(most, open.length);
  };
  simulator.script({
    endpoint: 'token',
    times: Number.POSITIVE_INFINITY,
    reply: { kind: 'answer', delayMs: 1, wait: note },
  });

  for (let rounds = 0; simulator.refreshCount() < 500 && rounds < 10; rounds += 1) await gateway.app.maintenance.run();
  await gateway.app.maintenance.run();
  const counts = [...simulator.accounts.keys()].map((name) => [name, simulator.refreshCount(name)] as const);
  expect(counts.filter(([name, count]) => count !== (name.startsWith('fresh') ? 0 : 1))).toEqual([]);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
}, 15_000);

test('T5: accounts that expire together are refreshed ahead of it, spread over ten minutes', async () => {
  const clock = handClock();
  const expiresAt = clock.now() + 60 * minute;
  const accounts = Array.from({ length: 120 }, () => ({ expiresInMs: 60 * minute }));
  await using gateway = await startGateway({ clock, accounts });

  /** How many have been refreshed when that much is left. */
  async function refreshedWith(leftMs: number): Promise<number> {
    clock.advance(expiresAt - leftMs - clock.now());
    await gateway.app.maintenance.run();
    return gateway.simulator.refreshCount();
  }
  // A token says its expiry in whole seconds: it may have up to one less than it was given.
  expect(await refreshedWith(20 * minute + 1_000)).toBe(0);
  const half = await refreshedWith(15 * minute);
  // 60 are to be expected; ids are random, and these bounds are more than six standard deviations away.
  expect(half).toBeGreaterThan(25);
  expect(half).toBeLessThan(95);
  expect(await refreshedWith(10 * minute - 1)).toBe(120);
});
