import { expect, test } from 'bun:test';
import {
  active,
  ask,
  askedAccounts,
  expectOneRow,
  handClock,
  read,
  stateOf,
  untilProbed,
  wholeResponses,
} from '../../support/gateway-faults.ts';
import { setAccountState } from '../../support/change-account.ts';
import { modelCalls } from '../../support/model-calls.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

type Json = Record<string, unknown>;

const include = ['reasoning.encrypted_content'];
const user = (text: string): Json => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

/** A first turn that thinks; gives the history a stateless client sends with its second one. */
async function thinkingTurn(gateway: TestGateway): Promise<Json[]> {
  const got = await read(
    await ask(gateway, wholeResponses, '', { body: { input: [user('[[sim:reasoning]] think')], include } }),
  );
  expect(got.status).toBe(200);
  const [answer] = got.payloads;
  return [user('[[sim:reasoning]] think'), ...((answer as Json)['output'] as Json[]), user('go on')];
}

const reasoningOf = (body: Json): Json[] => (body['input'] as Json[]).filter((item) => item['type'] === 'reasoning');

test('F14: encrypted reasoning that the account cannot read is stripped, and the turn is tried once more', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
  const input = await thinkingTurn(gateway);
  await gateway.logs();
  // Nobody knows any more who made it: another installation, or a binding that has expired.
  gateway.db.sqlite.run('delete from bindings');
  gateway.db.sqlite.run('delete from api_logs');
  await gateway.restart();

  const got = await read(await ask(gateway, wholeResponses, '', { body: { input, include } }));

  expect(got).toMatchObject({ status: 200, error: undefined });
  const [, refused, repaired] = modelCalls(gateway.simulator);
  expect(reasoningOf(refused ?? {})).toHaveLength(1);
  expect(reasoningOf(repaired ?? {})).toHaveLength(0);
  expect(new Set(askedAccounts(gateway).slice(1)).size).toBe(1);
  await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 2 });
  expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
});

test('F14: a second refusal is final: the reasoning is stripped once and not again and again', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 3 }));
  const input = await thinkingTurn(gateway);
  await gateway.logs();
  gateway.db.sqlite.run('delete from api_logs');
  gateway.simulator.script({ reply: 'encrypted', times: Number.POSITIVE_INFINITY });
  const got = await read(await ask(gateway, wholeResponses, '', { body: { input, include } }));
  expect(got).toMatchObject({ status: 400, error: { code: 'invalid_encrypted_content' } });
  await expectOneRow(gateway, { status_code: 400, error_code: 'invalid_encrypted_content', attempts: 2 });
});

test('F14: encrypted reasoning goes back to the account that made it, and without it to any other', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: 3 }));
  const input = await thinkingTurn(gateway);
  const maker = gateway.accounts.find(({ name }) => name === askedAccounts(gateway)[0]);
  if (!maker) throw new Error('Nobody made the reasoning');
  await read(await ask(gateway, wholeResponses, '', { body: { input, include } }));
  expect(askedAccounts(gateway)).toEqual([maker.name, maker.name]);

  setAccountState(gateway, maker, 'disabled');
  expect((await ask(gateway, wholeResponses, '', { body: { input, include } })).status).toBe(200);
  // Known to be foreign, it is left out beforehand: no call is spent on a refusal.
  expect(askedAccounts(gateway)).toHaveLength(3);
  expect(askedAccounts(gateway)[2]).not.toBe(maker.name);
  expect(reasoningOf(modelCalls(gateway.simulator)[2] ?? {})).toHaveLength(0);
});

test('F14: a conversation with a compaction stays with its account, even while that rests', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: 3, clock }));
  const headers = { originator: 'codex_cli_rs' };
  const compacted = await read(
    await ask(gateway, wholeResponses, '', {
      headers,
      body: { input: [user('long story'), { type: 'compaction_trigger' }], stream: false },
    }),
  );
  const compaction = ((compacted.payloads[0] as Json)['output'] as Json[]).find(
    (item) => item['type'] === 'compaction',
  );
  const maker = gateway.accounts.find(({ name }) => name === askedAccounts(gateway)[0]);
  if (!compaction || !maker) throw new Error('There is no compaction');
  const next = () => ask(gateway, wholeResponses, '', { headers, body: { input: [compaction, user('go on')] } });

  for (let turn = 0; turn < 3; turn += 1) expect((await next()).status).toBe(200);
  expect(new Set(askedAccounts(gateway))).toEqual(new Set([maker.name]));

  maker.setWindows({ primary: { usedPercent: 100, resetAt: clock.now() + 3_600_000 } });
  const [spent, resting] = [await read(await next()), await read(await next())];
  expect([spent.status, resting.status]).toEqual([429, 429]);
  expect(resting.error?.['resets_in_seconds']).toBe(3_600);
  expect(new Set(askedAccounts(gateway))).toEqual(new Set([maker.name]));

  clock.advance(3_601_000);
  expect((await next()).status).toBe(200);
  expect(new Set(askedAccounts(gateway))).toEqual(new Set([maker.name]));
});
