import { expect, test } from 'bun:test';
import { importAccounts } from '../../../server/accounts/import/import.ts';
import { systemClock } from '../../../server/core/clock.ts';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { changeAccount } from '../../support/change-account.ts';
import {
  active,
  ask,
  askedAccounts,
  handClock,
  read,
  stateOf,
  untilProbed,
  wholeChat,
} from '../../support/gateway-faults.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const hour = 3_600_000;

/** A gateway whose first account has expired since the background work looked at it; the others are good. */
async function startWithExpired(others = 0): Promise<TestGateway> {
  const clock = handClock();
  const accounts = [{ expiresInMs: hour }, ...Array.from({ length: others }, () => ({}))];
  const gateway = await untilProbed(await startGateway({ clock, accounts }));
  clock.advance(2 * hour);
  return gateway;
}

/** A reply that is held back until the test lets go. */
function createGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: () => resolve() };
}

/** Asks `count` times at once; the statuses of the answers. */
async function statusesOf(gateway: TestGateway, count: number): Promise<number[]> {
  const answers = Array.from({ length: count }, async (_, index) =>
    read(await ask(gateway, wholeChat, `question ${index}`)),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

const allGood = (count: number) => Array.from({ length: count }, () => 200);

/** Somebody else spends the refresh token that the gateway holds: a command line that uses the same sign-in, say. */
async function spendRefreshToken(gateway: TestGateway, account: SimulatedAccount): Promise<void> {
  const { refreshToken } = account;
  const response = await fetch(`${gateway.simulator.issuer}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    }),
  });
  expect(response.status).toBe(200);
}

/** The account's newest sign-in is imported while the gateway runs. */
function importAgain(gateway: TestGateway, account: SimulatedAccount): void {
  const report = importAccounts({ ...gateway, clock: systemClock }, [
    { name: 'again', text: JSON.stringify(account.authJson()) },
  ]);
  expect(report.counts).toMatchObject({ updated: 1 });
}

test('T1: 100 requests that meet one expired account make one refresh, and all of them are answered', async () => {
  await using gateway = await startWithExpired();
  const gate = createGate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: gate.wait } });
  const statuses = statusesOf(gateway, 100);
  await gateway.simulator.waitFor(
    () => gateway.app.runningRequests === 100 && gateway.simulator.refreshCount() > 0,
    'all to wait for the refresh',
  );
  gate.open();
  expect(await statuses).toEqual(allGood(100));
  expect(gateway.simulator.refreshCount()).toBe(1);
  expect(askedAccounts(gateway)).toHaveLength(100);
});

test('T1: requests that waited for the refresh still keep to the concurrency cap', async () => {
  await using gateway = await startWithExpired();
  const [account] = gateway.accounts as [SimulatedAccount];
  changeAccount(gateway, account, { maxConcurrency: 1 });
  let most = 0;
  const note = () => {
    most = Math.max(most, gateway.simulator.openConnections);
  };
  gateway.simulator.script({ times: Number.POSITIVE_INFINITY, reply: { kind: 'answer', delayMs: 2, wait: note } });
  const gate = createGate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: gate.wait } });
  const statuses = statusesOf(gateway, 8);
  await gateway.simulator.waitFor(
    () => gateway.app.runningRequests === 8 && gateway.simulator.refreshCount() > 0,
    'all to wait',
  );
  gate.open();
  expect(await statuses).toEqual(allGood(8));
  expect(most).toBe(1);
});

test.each([
  ['refresh_token_reused', undefined],
  ['invalid_grant', { kind: 'fixed', status: 400, body: { error: 'invalid_grant', error_description: 'Gone.' } }],
] as const)('T4: after %s the account needs a sign-in and its token is never presented again', async (code, reply) => {
  await using gateway = await startWithExpired(1);
  const [dead, other] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
  changeAccount(gateway, dead, { priority: 1 });
  if (reply) gateway.simulator.script({ endpoint: 'token', account: dead.name, reply });
  else await spendRefreshToken(gateway, dead);
  const before = gateway.simulator.refreshCount();

  expect(await statusesOf(gateway, 20)).toEqual(allGood(20));
  await gateway.app.maintenance.run();
  expect(new Set(askedAccounts(gateway))).toEqual(new Set([other.name]));
  expect(stateOf(gateway, dead)).toEqual({ state: 'needs-login', reason: code, until: null });
  expect(gateway.simulator.refreshCount() - before).toBe(1);
});

test('T4: a refresh that failed while a new sign-in was stored goes on with that one, and the account stays active', async () => {
  await using gateway = await startWithExpired();
  const [account] = gateway.accounts as [SimulatedAccount];
  await spendRefreshToken(gateway, account);
  const before = gateway.simulator.refreshCount();
  const gate = createGate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: gate.wait } });
  const answer = ask(gateway, wholeChat, 'hello');
  await gateway.simulator.waitFor(() => gateway.simulator.refreshCount() > before, 'the refresh with the spent token');
  importAgain(gateway, account);
  gate.open();
  expect((await answer).status).toBe(200);
  expect(stateOf(gateway, account)).toEqual(active);
  expect(gateway.simulator.refreshCount() - before).toBe(1);
});

test('T3: a new pair that cannot be written at once is not given up: the old one is spent', async () => {
  await using gateway = await startWithExpired();
  const [account] = gateway.accounts as [SimulatedAccount];
  gateway.db.sqlite.run(
    `create trigger full before update of access_token on tokens begin select raise(abort, 'disk full'); end`,
  );
  const gate = createGate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: gate.wait } });
  const answer = ask(gateway, wholeChat, 'hello');
  await gateway.simulator.waitFor(() => gateway.simulator.refreshCount() === 1, 'the refresh');
  gate.open();
  await gateway.simulator.waitFor(() => gateway.app.watchedCalls === 0, 'its answer');
  gateway.db.sqlite.run('drop trigger full');
  expect((await answer).status).toBe(200);
  expect(stateOf(gateway, account)).toEqual(active);
  expect(gateway.simulator.refreshCount()).toBe(1);
});

test('a refresh token that cannot be opened makes the account need a sign-in, and holds nobody up', async () => {
  await using gateway = await startWithExpired(1);
  const [broken, other] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
  changeAccount(gateway, broken, { priority: 1 });
  gateway.db.sqlite.run('update tokens set refresh_token = access_token where id = ?', [gateway.idOf(broken)]);
  expect(await statusesOf(gateway, 2)).toEqual(allGood(2));
  expect(new Set(askedAccounts(gateway))).toEqual(new Set([other.name]));
  expect(stateOf(gateway, broken)).toMatchObject({ state: 'needs-login', reason: 'credential_unreadable' });
});

test('T4: a refresh server that is down for a moment costs no sign-in, and a burst of requests counts it once', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock, accounts: [{ expiresInMs: hour }, {}] }));
  const [account] = gateway.accounts as [SimulatedAccount];
  changeAccount(gateway, account, { priority: 1 });
  clock.advance(2 * hour);
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'fixed', status: 503, body: 'down' } });
  expect(await statusesOf(gateway, 20)).toEqual(allGood(20));
  expect(stateOf(gateway, account)).toEqual({ state: 'cooling', reason: 'refresh_failed', until: clock.now() + 5_000 });
  expect(gateway.simulator.refreshCount()).toBe(1);

  clock.advance(6_000);
  expect(await statusesOf(gateway, 1)).toEqual(allGood(1));
  expect(askedAccounts(gateway).at(-1)).toBe(account.name);
  expect(stateOf(gateway, account)).toEqual(active);
});

test('T6: a sign-in imported into a running gateway is used at once, and the account keeps its id and counters', async () => {
  await using gateway = await startGateway();
  const [account] = gateway.accounts as [SimulatedAccount];
  expect((await ask(gateway, wholeChat, 'one')).status).toBe(200);
  account.revokeSession();
  const refused = await read(await ask(gateway, wholeChat, 'two'));
  expect(refused).toMatchObject({ status: 503, error: { code: 'no_usable_account' } });
  expect(stateOf(gateway, account).state).toBe('needs-login');
  gateway.app.flush();
  const before = gateway.account(account);

  account.signIn();
  importAgain(gateway, account);
  expect((await ask(gateway, wholeChat, 'three')).status).toBe(200);
  gateway.app.flush();
  const { id, created_at, total_requests } = gateway.account(account);
  expect({ id, created_at }).toEqual({ id: before['id'], created_at: before['created_at'] });
  expect(total_requests).toBe(Number(before['total_requests']) + 1);
});

test('T8: two people of one workspace, and one person in two workspaces, are called with credentials of their own', async () => {
  await using gateway = await startGateway({
    accounts: [
      { name: 'ada-at-work', accountId: 'work', userId: 'ada' },
      { name: 'bob-at-work', accountId: 'work', userId: 'bob' },
      { name: 'ada-at-home', accountId: 'home', userId: 'ada' },
    ],
  });
  expect(await statusesOf(gateway, 3)).toEqual(allGood(3));
  const calls = gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses');
  const seen = calls.map(({ account, headers }) => `${account} in ${headers['chatgpt-account-id']}`);
  expect(seen.toSorted()).toEqual(['ada-at-home in home', 'ada-at-work in work', 'bob-at-work in work']);
});

test('T10: 30 requests rejected before the token’s time make one refresh and are each replayed once', async () => {
  await using gateway = await untilProbed(await startGateway());
  const [account] = gateway.accounts as [SimulatedAccount];
  account.expireAccessToken();
  expect(await statusesOf(gateway, 30)).toEqual(allGood(30));
  expect(gateway.simulator.refreshCount()).toBe(1);
  expect(stateOf(gateway, account)).toEqual(active);
  for (const { attempts } of await gateway.logs()) expect(attempts).toBeLessThanOrEqual(2);
});

test('T10: a rejection that a refresh does not mend is replayed once on the account, then another one answers', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
  const [account, other] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
  changeAccount(gateway, account, { priority: 1 });
  const rejection = {
    kind: 'fixed',
    status: 401,
    body: { error: { code: 'token_expired', message: 'Expired.' } },
  } as const;
  gateway.simulator.script({ account: account.name, times: Number.POSITIVE_INFINITY, reply: rejection });
  expect(await read(await ask(gateway, wholeChat, 'hello'))).toMatchObject({ status: 200, error: undefined });
  expect(askedAccounts(gateway)).toEqual([account.name, account.name, other.name]);
  expect(gateway.simulator.refreshCount()).toBe(1);
  expect(stateOf(gateway, account).state).toBe('needs-login');
});

test('T10: an account that is rejected while the refresh server is down rests, instead of being tried by every request', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock, accounts: 2 }));
  const [account, other] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
  changeAccount(gateway, account, { priority: 1 });
  account.expireAccessToken();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'fixed', status: 503, body: 'down' } });
  for (let count = 0; count < 3; count += 1) expect(await statusesOf(gateway, 1)).toEqual(allGood(1));
  expect(askedAccounts(gateway)).toEqual([account.name, other.name, other.name, other.name]);
  expect(gateway.simulator.refreshCount()).toBe(1);
  expect(stateOf(gateway, account)).toMatchObject({ state: 'cooling', reason: 'refresh_failed' });

  clock.advance(6_000);
  expect(await statusesOf(gateway, 1)).toEqual(allGood(1));
  expect(askedAccounts(gateway).at(-1)).toBe(account.name);
  expect(stateOf(gateway, account)).toEqual(active);
});

test('T10: a rejected credential that was replaced meanwhile is read again, not refreshed', async () => {
  await using gateway = await untilProbed(await startGateway());
  const [account] = gateway.accounts as [SimulatedAccount];
  const { wait, open } = createGate();
  // The answer breaks off before any output, so the request is tried again with what is stored by then.
  gateway.simulator.script({ reply: { kind: 'answer', keep: 1, wait, ending: 'reset' } });
  const answer = ask(gateway, wholeChat, 'hello');
  await gateway.simulator.waitFor(() => askedAccounts(gateway).length === 1, 'the first attempt');
  account.revokeSession();
  account.signIn();
  importAgain(gateway, account);
  open();
  expect((await answer).status).toBe(200);
  expect(gateway.simulator.refreshCount()).toBe(0);
});
