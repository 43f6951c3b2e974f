import { expect, test } from 'bun:test';
import {
  active,
  ask,
  askedAccounts,
  chat,
  expectOneRow,
  read,
  stateOf,
  untilProbed,
  ways,
  wholeResponses,
} from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';

for (const way of ways) {
  test(`F10: an upstream that never sends headers is left at the deadline, its socket closed, its place free (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2, env: { HEADERS_TIMEOUT_MS: '300' } }));
    gateway.simulator.script({ reply: 'silence' });
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({ status: 200, isComplete: true });
    expect(askedAccounts(gateway)).toEqual(gateway.accounts.map(({ name }) => name));
    await expectOneRow(gateway, { status_code: 200, attempts: 2 });
    expect(gateway.simulator.requests.find(({ endpoint }) => endpoint === 'responses')).toMatchObject({
      aborted: true,
      status: 0,
    });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
  });

  test(`F10: headers and then nothing is bounded by the idle deadline (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ env: { IDLE_TIMEOUT_MS: '300', MAX_ATTEMPTS: '1' } }));
    gateway.simulator.script({ reply: 'early-stall' });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 504, error: { code: 'upstream_timeout' } });
    await expectOneRow(gateway, { status_code: 504, error_code: 'upstream_timeout', attempts: 1 });
    expect(gateway.simulator.requests.at(-1)).toMatchObject({ aborted: true });
  });
}

test('F10: an answer that drips on for ever ends at the total deadline with an error event', async () => {
  await using gateway = await untilProbed(await startGateway({ env: { TOTAL_TIMEOUT_MS: '500' } }));
  const got = await read(await ask(gateway, chat, '[[sim:pace 1000 20]]'));
  expect(got).toMatchObject({ status: 200, isComplete: false, error: { code: 'upstream_timeout' } });
  expect(got.text).toStartWith('word1 ');
  await expectOneRow(gateway, { status_code: 200, error_code: 'upstream_timeout', attempts: 1 });
});

test('F10: an upstream that cannot be reached is a 502 and blames no account', async () => {
  await using gateway = await startGateway({
    env: { CODEX_BASE_URL: 'http://127.0.0.1:1/backend-api/codex', MAX_ATTEMPTS: '2' },
  });
  const got = await read(await ask(gateway, wholeResponses, 'hi'));
  expect(got).toMatchObject({ status: 502, error: { code: 'upstream_error' } });
  expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active]);
  await expectOneRow(gateway, { status_code: 502, error_code: 'upstream_error', attempts: 2 });
});
