import { expect, test } from 'bun:test';
import {
  ask,
  expectOneRow,
  gate,
  read,
  readerOf,
  responses,
  streamedWays,
  untilProbed,
} from '../../support/gateway-faults.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { startGateway } from '../../support/start-gateway.ts';

for (const way of streamedWays) {
  test(`S10: while the upstream is silent, keep-alives hold the connection and the answer still comes whole (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ env: { KEEPALIVE_MS: '100' } }));
    const middle = gate();
    gateway.simulator.script({ reply: { kind: 'answer', wait: (index) => (index === 6 ? middle.opened : undefined) } });

    const reader = readerOf(await ask(gateway, way, 'hi'));
    await reader.until((raw) => (raw.match(/^: keep-alive$/gm) ?? []).length >= 3 && raw.includes('from'));
    middle.open();
    expect(await reader.rest()).toMatchObject({
      status: 200,
      isComplete: true,
      text: 'Hello from the simulated backend, speaking as gpt-5.5.',
    });
    await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 1 });
  });

  test(`S10: keep-alives start before the upstream has answered at all, and a failure then is an error event (${way.name})`, async () => {
    await using gateway = await untilProbed(
      await startGateway({ env: { KEEPALIVE_MS: '100', HEADERS_TIMEOUT_MS: '700', MAX_ATTEMPTS: '1' } }),
    );
    gateway.simulator.script({ reply: 'silence' });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 200, isComplete: false, error: { code: 'upstream_timeout' }, text: '' });
    expect((got.raw.match(/^: keep-alive$/gm) ?? []).length).toBeGreaterThanOrEqual(2);
    expect(got.raw).not.toContain('[DONE]');
    await expectOneRow(gateway, { status_code: 200, error_code: 'upstream_timeout', attempts: 1 });
  });

  test(`S10: a failover behind keep-alives still gives one clean answer (${way.name})`, async () => {
    await using gateway = await untilProbed(
      await startGateway({ accounts: 2, env: { KEEPALIVE_MS: '100', HEADERS_TIMEOUT_MS: '400' } }),
    );
    gateway.simulator.script({ reply: 'silence' });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({
      status: 200,
      isComplete: true,
      error: undefined,
      text: 'Hello from the simulated backend, speaking as gpt-5.5.',
    });
    expect(got.raw).toStartWith(': keep-alive\n\n');
    await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 2 });
  });
}

test('S10: comments of the upstream do not keep a Codex client from its keep-alive', async () => {
  await using gateway = await untilProbed(await startGateway({ env: { KEEPALIVE_MS: '300' } }));
  const [created, ...rest] = textAnswer(['Hello']);
  const comments = Array.from({ length: 40 }, () => ': thinking\n\n');
  const events = [created ?? '', ...rest.slice(0, 4), ...comments, ...rest.slice(4)];
  gateway.simulator.script({ reply: { kind: 'stream', events, delayMs: 20 } });
  const got = await read(await ask(gateway, responses, 'hi', { headers: { originator: 'codex_cli_rs' } }));
  expect(got).toMatchObject({ isComplete: true, text: 'Hello' });
  expect(got.raw).toContain('event: keepalive\n');
  expect(got.raw).not.toContain('thinking');
});

test('S10: a Codex client gets an event as keep-alive, since a comment does not reset its timer', async () => {
  await using gateway = await untilProbed(await startGateway({ env: { KEEPALIVE_MS: '100' } }));
  const middle = gate();
  gateway.simulator.script({ reply: { kind: 'answer', wait: (index) => (index === 6 ? middle.opened : undefined) } });
  const reader = readerOf(await ask(gateway, responses, 'hi', { headers: { originator: 'codex_cli_rs' } }));
  await reader.until((raw) => raw.includes('event: keepalive\ndata: {"type":"keepalive"}\n\n'));
  middle.open();
  expect(await reader.rest()).toMatchObject({ isComplete: true });
});
