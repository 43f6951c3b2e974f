import { expect, test } from 'bun:test';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import {
  active,
  ask,
  askedAccounts,
  chat,
  expectAtRest,
  expectOneRow,
  handClock,
  read,
  responses,
  stateOf,
  untilProbed,
  ways,
  wholeChat,
} from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';

const hourMs = 3_600_000;

for (const way of ways) {
  test(`F1: a spent account is left for another at once and rests until the stated reset (${way.name})`, async () => {
    const clock = handClock();
    await using gateway = await untilProbed(await startGateway({ accounts: 2, clock }));
    const [first, second] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
    gateway.simulator.script({ reply: '429' });

    const got = await read(await ask(gateway, way, 'hi'));

    expect(got).toMatchObject({ status: 200, error: undefined, isComplete: true });
    expect(got.text).toStartWith('Hello from the simulated backend');
    expect(askedAccounts(gateway)).toEqual([first.name, second.name]);
    await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 2, token_id: gateway.idOf(second) });
    expect(stateOf(gateway, second)).toEqual(active);
    const { state, reason, until } = stateOf(gateway, first);
    expect({ state, reason }).toEqual({ state: 'cooling', reason: 'usage_limit_reached' });
    // The reset is told in whole seconds.
    expect(Math.abs(Number(until) - (clock.now() + hourMs))).toBeLessThanOrEqual(1_000);
  });
}

test('F1: the rest holds for all models and through a restart, and ends with the reset', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  account.setWindows({ primary: { usedPercent: 100, resetAt: clock.now() + hourMs } });
  expect((await ask(gateway, wholeChat, 'hi')).status).toBe(429);

  await gateway.restart();
  const other = await read(await ask(gateway, wholeChat, 'hi', { body: { model: 'gpt-5.2' } }));
  expect(other.status).toBe(429);
  expect(askedAccounts(gateway)).toHaveLength(1);

  clock.advance(hourMs + 1_000);
  expect((await ask(gateway, wholeChat, 'hi')).status).toBe(200);
  expect(stateOf(gateway, account)).toEqual(active);
});

for (const way of ways) {
  test(`F5: with all accounts drained the client gets one 429 of our own with the earliest reset (${way.name})`, async () => {
    const clock = handClock();
    await using gateway = await untilProbed(await startGateway({ accounts: 3, clock }));
    const resets = [3, 1, 2].map((hours) => clock.now() + hours * hourMs);
    gateway.accounts.forEach((account, index) => {
      account.setWindows({ primary: { usedPercent: 100, resetAt: resets[index] ?? 0 } });
    });

    const got = await read(await ask(gateway, way, 'hi'));

    expect(got.status).toBe(429);
    expect(got.error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect(got.raw).not.toContain('plan_type');
    expect(got.raw).not.toContain('The usage limit has been reached');
    expect(Math.abs(Number(got.error?.['resets_at']) * 1_000 - (clock.now() + hourMs))).toBeLessThanOrEqual(1_000);
    expect(Math.abs(Number(got.headers.get('retry-after')) - hourMs / 1_000)).toBeLessThanOrEqual(1);
    await expectOneRow(gateway, { status_code: 429, error_code: 'rate_limit_exceeded', attempts: 3 });

    await read(await ask(gateway, way, 'hi'));
    expect(askedAccounts(gateway)).toHaveLength(3);
  });
}

test('F5: drained accounts do not use up the attempts: an account with quota is found behind them', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 5, env: { MAX_ATTEMPTS: '2' } }));
  for (const account of gateway.accounts.slice(0, 4)) account.setWindows({ primary: { usedPercent: 100 } });
  const got = await read(await ask(gateway, wholeChat, 'hi'));
  expect(got.status).toBe(200);
});

test('F5: with more drained accounts than attempts the answer is still one of our own', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 4, env: { MAX_ATTEMPTS: '2' } }));
  for (const account of gateway.accounts) account.setWindows({ primary: { usedPercent: 100 } });
  const got = await read(await ask(gateway, wholeChat, 'hi'));
  expect(got).toMatchObject({ status: 429, error: { resets_at: expect.any(Number) } });
  expect(got.raw).not.toContain('plan_type');
  await expectOneRow(gateway, { status_code: 429, attempts: 4 });
});

test('F13: a burst limit that says 1.2 seconds rests the account for seconds, not hours', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  gateway.simulator.script({ reply: 'burst' });

  const got = await read(await ask(gateway, chat, 'hi'));

  expect(got.status).toBe(429);
  expect(Number(got.headers.get('retry-after'))).toBeLessThanOrEqual(2);
  expect(stateOf(gateway, account)).toEqual({
    state: 'cooling',
    reason: 'rate_limit_exceeded',
    until: clock.now() + 1_200,
  });
  await expectOneRow(gateway, { status_code: 429, error_code: 'rate_limit_exceeded', attempts: 1 });
  clock.advance(1_500);
  expect((await ask(gateway, wholeChat, 'hi')).status).toBe(200);
});

for (const fault of ['404', 'unsupported'] as const) {
  test(`F3: a model refused on one account (${fault}) is tried on another, and only that pair is set aside`, async () => {
    const clock = handClock();
    await using gateway = await untilProbed(await startGateway({ accounts: 2, clock }));
    const [first, second] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
    gateway.simulator.script({ reply: fault });

    expect(await read(await ask(gateway, responses, 'hi'))).toMatchObject({
      status: 200,
      error: undefined,
      isComplete: true,
    });
    await expectOneRow(gateway, { status_code: 200, attempts: 2, token_id: gateway.idOf(second) });
    expect([stateOf(gateway, first), stateOf(gateway, second)]).toEqual([active, active]);

    for (let turn = 0; turn < 3; turn += 1) await read(await ask(gateway, wholeChat, `turn ${turn}`));
    expect(askedAccounts(gateway).slice(2)).toEqual([second.name, second.name, second.name]);
    for (let turn = 0; turn < 2; turn += 1)
      await read(await ask(gateway, wholeChat, `other ${turn}`, { body: { model: 'gpt-5.2' } }));
    expect(askedAccounts(gateway).slice(5)).toContain(first.name);
  });
}

test('F3: a model that every account refuses is a 404 that names it, and no account rests', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
  gateway.simulator.script({ reply: '404', times: 2 });
  const got = await read(await ask(gateway, wholeChat, 'hi'));
  expect(got).toMatchObject({ status: 404, error: { code: 'model_not_found', param: 'model' } });
  expect(got.error?.['message']).toContain('gpt-5.5');
  expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
  await expectOneRow(gateway, { status_code: 404, error_code: 'model_not_found', attempts: 2 });
});

for (const fault of ['502', '520', '524'] as const) {
  test(`F4: an edge page with ${fault} is an upstream failure: the request moves on, no account is blamed`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    gateway.simulator.script({ reply: fault });
    expect(await read(await ask(gateway, chat, 'hi'))).toMatchObject({ status: 200, isComplete: true });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
    await expectOneRow(gateway, { status_code: 200, attempts: 2 });
  });

  test(`F4: ${fault} on the last attempt reaches the client as a 5xx in our shape, without the page`, async () => {
    await using gateway = await untilProbed(await startGateway({ env: { MAX_ATTEMPTS: '1' } }));
    gateway.simulator.script({ reply: fault });
    const got = await read(await ask(gateway, chat, 'hi'));
    expect([502, 504]).toContain(got.status);
    expect(got.error).toMatchObject({ type: 'server_error' });
    expect(got.raw).not.toContain('html');
    await expectOneRow(gateway, { status_code: got.status, attempts: 1 });
  });
}

for (const way of ways) {
  test(`F4: a page or an error with status 200 is no answer (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 3 }));
    const [first, second, third] = gateway.accounts as [SimulatedAccount, SimulatedAccount, SimulatedAccount];
    const error = { type: 'usage_limit_reached', message: 'The usage limit has been reached', resets_in_seconds: 600 };
    gateway.simulator.script([
      { reply: { kind: 'fixed', status: 200, body: '<html><body>Sorry</body></html>' } },
      { reply: { kind: 'fixed', status: 200, body: { error } } },
    ]);
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({
      status: 200,
      error: undefined,
      isComplete: true,
    });
    await expectOneRow(gateway, { status_code: 200, attempts: 3, token_id: gateway.idOf(third) });
    expect(stateOf(gateway, first)).toEqual(active);
    expect(stateOf(gateway, second)).toMatchObject({ state: 'cooling', reason: 'usage_limit_reached' });
  });
}

test('F4: an edge page with 429 pauses the account for seconds and is no spent quota', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: 2, clock }));
  const [first] = gateway.accounts as [SimulatedAccount];
  gateway.simulator.script({ reply: 'html429' });
  expect(await read(await ask(gateway, chat, 'hi'))).toMatchObject({ status: 200, isComplete: true });
  expect(stateOf(gateway, first)).toEqual({ state: 'cooling', reason: 'edge_rate_limit', until: clock.now() + 2_000 });
  await expectOneRow(gateway, { status_code: 200, attempts: 2 });
});

for (const fault of ['400', 'context', 'policy'] as const) {
  test(`F6: a request the upstream finds wrong (${fault}) costs no account anything and is tried once`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    gateway.simulator.script({ reply: fault });
    const got = await read(await ask(gateway, chat, 'hi'));
    expect(got).toMatchObject({ status: 400, error: { type: 'invalid_request_error' } });
    await expectOneRow(gateway, { status_code: 400, error_code: got.error?.['code'], attempts: 1 });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
  });
}

test('F6: a hundred bad requests change no health and never reach a second account', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 3 }));
  const body = { input: [{ type: 'function_call_output', call_id: 'call_nobody_made', output: '1' }] };
  gateway.simulator.script({ reply: '400', times: Number.POSITIVE_INFINITY });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      ask(gateway, index % 2 ? wholeChat : responses, `bad ${index}`, index % 4 === 2 ? { body } : {}),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  await Promise.all(answers.map((answer) => answer.text()));
  await expectAtRest(gateway);
  expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active, active]);
  expect(gateway.accounts.map((account) => gateway.account(account)['failure_streak'])).toEqual([0, 0, 0]);
  const rows = await gateway.logs();
  expect(rows).toHaveLength(100);
  for (const row of rows) expect(row['attempts']).toBeLessThanOrEqual(1);
  expect(askedAccounts(gateway).length).toBeLessThanOrEqual(100);
});

test('F9: a challenge page of the edge pauses the account for moments and does not disable it', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: 2, clock }));
  const [first] = gateway.accounts as [SimulatedAccount];
  gateway.simulator.script({ reply: 'html403' });
  expect(await read(await ask(gateway, responses, 'hi'))).toMatchObject({ status: 200, isComplete: true });
  expect(stateOf(gateway, first)).toEqual({ state: 'cooling', reason: 'edge_block', until: clock.now() + 30_000 });
  await expectOneRow(gateway, { status_code: 200, attempts: 2 });
});

const deactivations = [
  { status: 401, body: { error: { message: 'Your account has been deactivated.', code: 'account_deactivated' } } },
  { status: 402, body: { detail: { code: 'deactivated_workspace' } } },
  { status: 403, body: { error: { message: 'This workspace has been deactivated.', type: 'forbidden' } } },
];
for (const { status, body } of deactivations) {
  test(`F9: a deactivated account (${status}) is not used again until somebody enables it`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    const [first, second] = gateway.accounts as [SimulatedAccount, SimulatedAccount];
    gateway.simulator.script({ reply: { kind: 'fixed', status, body } });
    expect(await read(await ask(gateway, chat, 'hi'))).toMatchObject({ status: 200, isComplete: true });
    expect(stateOf(gateway, first)).toEqual({ state: 'disabled', reason: 'account_deactivated', until: null });
    await expectOneRow(gateway, { status_code: 200, attempts: 2 });
    await read(await ask(gateway, wholeChat, 'again'));
    expect(askedAccounts(gateway).slice(1)).toEqual([second.name, second.name]);
  });
}
