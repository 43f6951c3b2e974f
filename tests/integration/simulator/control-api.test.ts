import { afterAll, expect, test } from 'bun:test';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { callCodex, codexBody } from '../../support/simulator.ts';

const simulator = startSimulator();
const ada = simulator.addAccount({ name: 'ada' });
afterAll(() => simulator.close());

async function post(path: string, body: unknown) {
  const response = await fetch(`${simulator.origin}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

test('an account is changed from outside the process', async () => {
  const changed = await post('account/ada', {
    windows: { primary: { usedPercent: 100 } },
    plan: 'pro',
    models: ['gpt-5.5'],
  });
  expect(changed).toMatchObject({
    status: 200,
    body: { name: 'ada', plan: 'pro', models: ['gpt-5.5'], windows: { primary: { usedPercent: 100 } } },
  });
  expect((await callCodex(simulator, ada, codexBody('hi'))).status).toBe(429);
  await post('account/ada', { windows: { primary: null }, expireAccessToken: true });
  expect((await callCodex(simulator, ada, codexBody('hi'))).status).toBe(401);
  await post('account/ada', { signIn: true });
  expect((await callCodex(simulator, ada, codexBody('hi'))).status).toBe(200);
});

test('faults are pushed as JSON and used up', async () => {
  expect(await post('script', [{ reply: '503' }, { reply: { kind: 'fixed', status: 429, body: 'slow' } }])).toEqual({
    status: 200,
    body: { waiting: 2 },
  });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await callCodex(simulator, ada, codexBody('hi'))).status);
  expect(statuses).toEqual([503, 429, 200]);
});

test.each([
  ['script', { reply: 'no-such-fault' }],
  ['script', { reply: { kind: 'fixed' } }],
  ['account/ada', { usedPercent: 5 }],
])('a mistaken %s is a 400 that explains itself', async (path, body) => {
  expect(await post(path, body)).toEqual({ status: 400, body: { detail: expect.any(String) } });
});

test('an unknown account is a 404', async () => {
  expect((await post('account/nobody', {})).status).toBe(404);
});

test('the state shows accounts and calls, and no secret', async () => {
  await (await callCodex(simulator, ada, codexBody('hi'))).text();
  await simulator.waitFor(() => simulator.openConnections === 0);
  const text = await (await fetch(`${simulator.origin}/_sim/state`)).text();
  expect(JSON.parse(text)).toMatchObject({
    accounts: [{ name: 'ada', refreshes: 0 }],
    openConnections: 0,
    waitingScripts: 0,
  });
  expect(JSON.parse(text).requests.at(-1)).toEqual({
    endpoint: 'responses',
    method: 'POST',
    path: '/backend-api/codex/responses',
    account: 'ada',
    at: expect.any(Number),
    status: 200,
    aborted: false,
    finished: true,
  });
  for (const secret of [ada.accessToken, ada.refreshToken]) expect(text).not.toContain(secret);
});

test('waitFor rejects with what it waited for', async () => {
  await expect(simulator.waitFor(() => false, 'the moon', 1)).rejects.toThrow('waited 1 ms in vain for the moon');
});

test('a taken port is an error at the start', () => {
  expect(() => startSimulator({ port: Number(new URL(simulator.origin).port) })).toThrow('cannot listen');
});
