import { expect, test } from 'bun:test';
import { openDatabase } from '../../../db/client.ts';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { changeAccount, setAccountState } from '../../support/change-account.ts';
import { ask, askedAccounts, handClock, read, stateOf, untilProbed, wholeChat } from '../../support/gateway-faults.ts';
import { runCommand } from '../../support/gateway-process.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

/** Starts `count` new conversations one after the other; the accounts that answered them. */
async function answeredBy(gateway: TestGateway, count: number): Promise<string[]> {
  const before = askedAccounts(gateway).length;
  for (let index = 0; index < count; index += 1) {
    const got = await read(await ask(gateway, wholeChat, `question ${before + index}`));
    expect(got.status).toBe(200);
  }
  return askedAccounts(gateway).slice(before).map(String);
}

/** How many times each name occurs, in the order of the accounts. */
function spread(gateway: TestGateway, names: readonly string[]): number[] {
  return gateway.accounts.map((account) => names.filter((name) => name === account.name).length);
}

const strategy = (name: string) => ({ LOAD_BALANCE_STRATEGY: name });

/** A second is promised for what others change, and the time itself is what is tested: half of it must do. */
const seenByNow = () => Bun.sleep(500);

test('round-robin: every account gets its turn before one gets a second', async () => {
  await using gateway = await startGateway({ accounts: 5, env: strategy('round-robin') });
  const names = await answeredBy(gateway, 20);
  for (let turn = 0; turn < names.length; turn += 5) expect(new Set(names.slice(turn, turn + 5)).size).toBe(5);
});

test('round-robin: requests that come at once are spread evenly', async () => {
  await using gateway = await startGateway({ accounts: 4, env: strategy('round-robin') });
  const answers = Array.from({ length: 40 }, (_, index) => ask(gateway, wholeChat, `question ${index}`));
  for (const answer of answers) expect((await answer).status).toBe(200);
  expect(spread(gateway, askedAccounts(gateway).map(String))).toEqual([10, 10, 10, 10]);
});

test('random: all accounts get about the same share, in no order', async () => {
  await using gateway = await startGateway({ accounts: 4, env: strategy('random') });
  const names = await answeredBy(gateway, 240);
  // 60 each are to be expected; the bounds are more than six standard deviations away.
  for (const count of spread(gateway, names)) {
    expect(count).toBeGreaterThan(15);
    expect(count).toBeLessThan(105);
  }
  const repeats = names.filter((name, index) => name === names[index - 1]).length;
  expect(repeats).toBeGreaterThan(15);
  expect(repeats).toBeLessThan(150);
});

test('selections that cannot be written for a moment end no request, and are counted later', async () => {
  await using gateway = await startGateway({ accounts: 2, env: strategy('round-robin') });
  gateway.db.sqlite.run(
    `create trigger full before update of selected_seq on tokens begin select raise(abort, 'disk full'); end`,
  );
  await answeredBy(gateway, 2);
  gateway.app.flush();
  gateway.db.sqlite.run('drop trigger full');
  const requests = gateway.accounts.map((account) => gateway.account(account)['total_requests']);
  expect(requests).toEqual([1, 1]);
});

test('another process that holds the database for a while holds up no answer', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
  await read(await ask(gateway, wholeChat, 'hi'));
  gateway.app.flush();
  gateway.db.sqlite.run('pragma busy_timeout = 0');
  const other = openDatabase(gateway.db.sqlite.filename);
  other.sqlite.run('begin immediate');
  const got = await read(await ask(gateway, wholeChat, 'hi again'));
  other.sqlite.run('rollback');
  other.close();
  expect(got).toMatchObject({ status: 200, error: undefined });
});

test('least-used: an account that has answered less is used until it has caught up', async () => {
  await using gateway = await startGateway({ accounts: 2, env: strategy('least-used') });
  expect(spread(gateway, await answeredBy(gateway, 8))).toEqual([4, 4]);
  gateway.addAccount();
  await seenByNow();
  expect(spread(gateway, await answeredBy(gateway, 4))).toEqual([0, 0, 4]);
  expect(spread(gateway, await answeredBy(gateway, 6))).toEqual([2, 2, 2]);
});

test('quota-aware: the most head-room first; of two alike the one that is reset sooner', async () => {
  const now = Date.now();
  const windows = (usedPercent: number, resetInHours: number) => ({
    windows: { primary: { usedPercent, resetAt: now + resetInHours * 3_600_000 }, secondary: null },
  });
  const accounts = [windows(80, 1), windows(31, 4), windows(33, 2)];
  await using gateway = await untilProbed(await startGateway({ accounts, env: strategy('quota-aware') }));
  expect(spread(gateway, await answeredBy(gateway, 5))).toEqual([0, 0, 5]);
  gateway.accounts[2]?.setWindows({ primary: { usedPercent: 90 } });
  // The answer of that account brings the news.
  expect(spread(gateway, await answeredBy(gateway, 5))).toEqual([0, 4, 1]);
});

test.each(['round-robin', 'random', 'least-used', 'quota-aware'])(
  '%s: a higher priority comes first, and a lower one when it is out of use',
  async (name) => {
    await using gateway = await startGateway({ accounts: 4, env: strategy(name) });
    const [first, second] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
    for (const account of [first, second]) changeAccount(gateway, account, { priority: 5 });
    const preferred = spread(gateway, await answeredBy(gateway, 8));
    expect(preferred.slice(2)).toEqual([0, 0]);
    setAccountState(gateway, first, 'disabled');
    expect(spread(gateway, await answeredBy(gateway, 4))).toEqual([0, 4, 0, 0]);
    setAccountState(gateway, second, 'disabled');
    expect(spread(gateway, await answeredBy(gateway, 4)).slice(0, 2)).toEqual([0, 0]);
  },
);

test('a concurrency cap is never exceeded: further requests wait for a place and are then answered', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  for (const account of gateway.accounts) changeAccount(gateway, account, { maxConcurrency: 2 });
  let most = 0;
  const note = () => {
    for (const { name } of gateway.accounts) {
      const open = gateway.simulator.requests.filter(
        ({ account, endpoint, finished }) => endpoint === 'responses' && account === name && !finished,
      );
      most = Math.max(most, open.length);
    }
  };
  gateway.simulator.script({ times: 12, reply: { kind: 'answer', delayMs: 2, wait: note } });
  const answers = Array.from({ length: 12 }, (_, index) => ask(gateway, wholeChat, `question ${index}`));
  for (const answer of answers) expect((await answer).status).toBe(200);
  expect(most).toBe(2);
});

test('a request that waits too long for a place is a 429 with Retry-After, and costs the account nothing', async () => {
  await using gateway = await startGateway({ env: { ACQUIRE_TIMEOUT_MS: '100' } });
  const [account] = gateway.accounts as [SimulatedAccount];
  changeAccount(gateway, account, { maxConcurrency: 1 });
  const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
  gateway.simulator.script({ reply: { kind: 'answer', wait: () => isLetGo } });
  const held = ask(gateway, wholeChat, 'first');
  await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1, 'the place to be taken');
  const refused = await read(await ask(gateway, wholeChat, 'second'));
  expect(refused).toMatchObject({ status: 429, error: { code: 'rate_limit_exceeded' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(stateOf(gateway, account).state).toBe('active');
  letGo();
  expect((await held).status).toBe(200);
});

test('a client that leaves while its request waits for a place takes none', async () => {
  await using gateway = await startGateway();
  const [account] = gateway.accounts as [SimulatedAccount];
  changeAccount(gateway, account, { maxConcurrency: 1 });
  const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
  gateway.simulator.script({ reply: { kind: 'answer', wait: () => isLetGo } });
  const held = ask(gateway, wholeChat, 'first');
  await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1, 'the place to be taken');
  const client = new AbortController();
  const left = ask(gateway, wholeChat, 'second', { signal: client.signal }).catch((error: unknown) => error);
  await gateway.simulator.waitFor(() => gateway.app.runningRequests === 2, 'the second to wait');
  client.abort();
  await left;
  await gateway.simulator.waitFor(() => gateway.app.runningRequests === 1, 'the second to be given up');
  letGo();
  expect((await held).status).toBe(200);
  expect(askedAccounts(gateway)).toHaveLength(1);
});

test('whose turn it is survives a restart', async () => {
  await using gateway = await startGateway({ accounts: 4, env: strategy('round-robin') });
  const before = await answeredBy(gateway, 2);
  await gateway.restart();
  expect(new Set([...before, ...(await answeredBy(gateway, 2))]).size).toBe(4);
});

test('how much an account was used survives a restart', async () => {
  await using gateway = await startGateway({ accounts: 1, env: strategy('least-used') });
  await answeredBy(gateway, 3);
  gateway.addAccount();
  await gateway.restart();
  expect(spread(gateway, await answeredBy(gateway, 3))).toEqual([0, 3]);
});

test('a strategy stored by another process is followed within a second, and wins over the variable', async () => {
  const clock = handClock();
  await using gateway = await startGateway({ accounts: 1, clock, env: strategy('round-robin') });
  await answeredBy(gateway, 10);
  gateway.addAccount();
  await seenByNow();
  expect(spread(gateway, await answeredBy(gateway, 2))).toEqual([1, 1]);
  expect(await runCommand(gateway.db, ['settings', 'set', 'strategy', 'least-used'])).toMatchObject({ exitCode: 0 });
  clock.advance(1_000);
  expect(spread(gateway, await answeredBy(gateway, 4))).toEqual([0, 4]);
  expect(await runCommand(gateway.db, ['settings', 'unset', 'strategy'])).toMatchObject({ exitCode: 0 });
  clock.advance(1_000);
  expect(spread(gateway, await answeredBy(gateway, 4))).toEqual([2, 2]);
});

test('an account disabled by another process is not used any more, and used again once it is enabled', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const [first] = gateway.accounts as [SimulatedAccount];
  expect(spread(gateway, await answeredBy(gateway, 2))).toEqual([1, 1]);
  // A second is allowed; whoever is chosen is looked at again, so it is at once.
  expect(await runCommand(gateway.db, ['tokens', 'disable', gateway.idOf(first)])).toMatchObject({ exitCode: 0 });
  expect(spread(gateway, await answeredBy(gateway, 4))).toEqual([0, 4]);
  expect(await runCommand(gateway.db, ['tokens', 'enable', gateway.idOf(first)])).toMatchObject({ exitCode: 0 });
  await seenByNow();
  expect(spread(gateway, await answeredBy(gateway, 2))).toEqual([1, 1]);
});
