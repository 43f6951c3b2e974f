import { expect, test } from 'bun:test';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { changeAccount, setAccountState } from '../../support/change-account.ts';
import { askedAccounts, handClock, stateOf, untilProbed } from '../../support/gateway-faults.ts';
import { lastModelCall } from '../../support/model-calls.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';
import { accountNamed, startThread } from '../../support/thread.ts';

type Json = Record<string, unknown>;

/** Headers by which the gateway knows a Codex client. */
const codex = { originator: 'codex_cli_rs' };

/** A codex client's turn; the answer's turn state. */
async function codexTurn(gateway: TestGateway, text: string, headers: Record<string, string> = {}): Promise<string> {
  const body = {
    model: 'gpt-5.5',
    instructions: 'Be brief.',
    store: false,
    stream: true,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }],
  };
  const response = await gateway.post('/v1/responses', body, { headers: { ...codex, ...headers } });
  expect(response.status).toBe(200);
  await response.text();
  return response.headers.get('x-codex-turn-state') ?? '';
}

/** The header a model call was sent with. */
function sentTurnState(gateway: TestGateway): string | undefined {
  return gateway.simulator.requests.findLast(({ endpoint }) => endpoint === 'responses')?.headers['x-codex-turn-state'];
}

test('A1: while the account of a thread is full its turn goes elsewhere, and the next one comes back', async () => {
  await using gateway = await startGateway({ accounts: 3 });
  const thread = startThread(gateway, 'a long story');
  const own = await thread.turn();
  for (const opening of ['one', 'two']) await startThread(gateway, opening).turn();
  const neighbour = startThread(gateway, 'another story');
  expect(await neighbour.turn()).toBe(own);
  changeAccount(gateway, accountNamed(gateway, own), { maxConcurrency: 1 });
  const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
  gateway.simulator.script({ account: own, reply: { kind: 'answer', wait: () => isLetGo } });

  const held = neighbour.send();
  await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1, 'the account to be full');
  expect(await thread.turn()).not.toBe(own);
  expect(await thread.turn()).not.toBe(own);
  letGo();
  expect((await held).status).toBe(200);
  expect(await thread.turn()).toBe(own);
});

test('A1: a short cool-down and a failure in passing move a turn, not the thread', async () => {
  const clock = handClock();
  await using gateway = await startGateway({ accounts: 3, clock });
  const thread = startThread(gateway, 'a long story');
  const own = await thread.turn();
  gateway.simulator.script({ account: own, reply: '503' });
  expect(await thread.turn()).not.toBe(own);
  expect(await thread.turn()).toBe(own);
  gateway.simulator.script({ account: own, reply: 'burst' });
  expect(await thread.turn()).not.toBe(own);
  expect(stateOf(gateway, accountNamed(gateway, own)).state).toBe('cooling');
  expect(await thread.turn()).not.toBe(own);
  clock.advance(60_000);
  expect(await thread.turn()).toBe(own);
});

test.each([
  ['is signed out', (_: TestGateway, account: SimulatedAccount) => account.revokeSession()],
  ['is deactivated', (_: TestGateway, account: SimulatedAccount) => account.setDeactivated(true)],
  ['is disabled', (gateway: TestGateway, account: SimulatedAccount) => setAccountState(gateway, account, 'disabled')],
  [
    'is deleted',
    (gateway: TestGateway, account: SimulatedAccount) =>
      createAccountRepository(gateway.db).remove([gateway.idOf(account)]),
  ],
  [
    'has spent its week',
    (_: TestGateway, account: SimulatedAccount) => account.setWindows({ secondary: { usedPercent: 100 } }),
  ],
] as const)('A2: when its account %s, a thread moves with the next turn and stays where it went', async (_, ruin) => {
  await using gateway = await untilProbed(await startGateway({ accounts: 4 }));
  const thread = startThread(gateway, 'a long story');
  const own = await thread.turn();
  ruin(gateway, accountNamed(gateway, own));
  const next = await thread.turn();
  expect(next).not.toBe(own);
  const calls = askedAccounts(gateway).length;
  expect([await thread.turn(), await thread.turn()]).toEqual([next, next]);
  expect(askedAccounts(gateway)).toHaveLength(calls + 2);
});

test('A2: encrypted reasoning does not hold a thread on a dead account: it is left out and the next account answers', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const question = { type: 'message', role: 'user', content: '[[sim:reasoning]] why?' };
  const ask = async (input: Json[]) => {
    const response = await gateway.post('/v1/responses', {
      model: 'gpt-5.5',
      store: false,
      include: ['reasoning.encrypted_content'],
      input,
    });
    return { status: response.status, body: (await response.json()) as Json };
  };
  const first = await ask([question]);
  const history = [
    question,
    ...(first.body['output'] as Json[]),
    { type: 'message', role: 'user', content: 'and now?' },
  ];
  const own = askedAccounts(gateway).at(-1);
  expect((await ask(history)).status).toBe(200);
  expect(askedAccounts(gateway).at(-1)).toBe(own);
  expect(JSON.stringify(lastModelCall(gateway.simulator))).toContain('encrypted_content":"');

  setAccountState(gateway, accountNamed(gateway, own), 'disabled');
  expect((await ask(history)).status).toBe(200);
  expect(askedAccounts(gateway).at(-1)).not.toBe(own);
  expect(JSON.stringify(lastModelCall(gateway.simulator))).not.toContain('encrypted_content":"');
});

test.each(['true', 'false'])(
  'A3: a turn state reaches the account that issued it, with AFFINITY=%s',
  async (affinity) => {
    await using gateway = await startGateway({ accounts: 4, env: { AFFINITY: affinity } });
    const turnState = await codexTurn(gateway, 'start');
    const own = askedAccounts(gateway).at(-1);
    expect(turnState).not.toBe('');
    for (const text of ['one', 'two', 'three', 'four', 'five']) {
      await codexTurn(gateway, text, { 'x-codex-turn-state': turnState });
      expect(askedAccounts(gateway).at(-1)).toBe(own);
      expect(sentTurnState(gateway)).toBe(turnState);
    }
  },
);

test('A3: a turn state is dropped when another account has to answer, and when nobody here issued it', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const turnState = await codexTurn(gateway, 'start');
  const own = askedAccounts(gateway).at(-1);
  await codexTurn(gateway, 'else', { 'x-codex-turn-state': 'from another gateway' });
  expect(sentTurnState(gateway)).toBeUndefined();

  gateway.simulator.script({ account: own, reply: '503' });
  await codexTurn(gateway, 'failing over', { 'x-codex-turn-state': turnState });
  expect(askedAccounts(gateway).slice(-2)[0]).toBe(own);
  expect(askedAccounts(gateway).at(-1)).not.toBe(own);
  expect(sentTurnState(gateway)).toBeUndefined();

  setAccountState(gateway, accountNamed(gateway, own), 'disabled');
  await codexTurn(gateway, 'later', { 'x-codex-turn-state': turnState });
  expect(sentTurnState(gateway)).toBeUndefined();
});

test('A4: with affinity on, new threads go to the account with more head-room and old ones stay where they are', async () => {
  const env = { LOAD_BALANCE_STRATEGY: 'quota-aware', AFFINITY: 'true' };
  await using gateway = await untilProbed(
    await startGateway({ env, accounts: [{ name: 'half', windows: { primary: { usedPercent: 52 } } }] }),
  );
  const old = startThread(gateway, 'the old thread');
  expect(await old.turn()).toBe('half');
  gateway.addAccount({ name: 'free', windows: { primary: { usedPercent: 12 } } });
  await gateway.app.maintenance.run();
  // Of this one nothing is known, and unknown is not zero.
  gateway.addAccount({ name: 'unknown' });

  for (const opening of ['one', 'two', 'three', 'four', 'five']) {
    const thread = startThread(gateway, opening);
    expect([await thread.turn(), await thread.turn()]).toEqual(['free', 'free']);
  }
  expect(await old.turn()).toBe('half');
});

test('A6: a restart in the middle of conversations keeps each on its account', async () => {
  await using gateway = await startGateway({ accounts: 4 });
  const threads = ['north', 'east', 'south', 'west', 'up', 'down'].map((opening) => startThread(gateway, opening));
  const before = [];
  for (const thread of threads) before.push(await thread.turn());
  expect(new Set(before).size).toBe(4);
  const turnState = await codexTurn(gateway, 'start');
  const issuer = askedAccounts(gateway).at(-1);

  await gateway.restart();
  const after = [];
  for (const thread of threads) after.push(await thread.turn());
  expect(after).toEqual(before);
  await codexTurn(gateway, 'going on', { 'x-codex-turn-state': turnState });
  expect([askedAccounts(gateway).at(-1), sentTurnState(gateway)]).toEqual([issuer, turnState]);
});

test('A6: two new conversations that open alike are not tied together', async () => {
  await using gateway = await startGateway({ accounts: 3 });
  const answeredBy = [];
  for (let count = 0; count < 3; count += 1) answeredBy.push(await startThread(gateway, 'Hello').turn());
  expect(new Set(answeredBy).size).toBe(3);
});
