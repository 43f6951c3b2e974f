import { expect, test } from 'bun:test';
import { Agent, request } from 'undici-npm';
import { startServing } from '../../support/serving-process.ts';

test('a started gateway holds more upstream calls at once than the runtime allows by default (256)', async () => {
  const atOnce = 300;
  await using serving = await startServing();
  const { simulator, origin, key } = serving;
  // Undici, because this process has the runtime's bound itself.
  const dispatcher = new Agent();
  simulator.script({ times: atOnce, reply: { kind: 'answer', keep: 4, ending: 'stall' } });
  const body = JSON.stringify({ model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: 'hi' }] });
  const leaving = new AbortController();
  const asked = Array.from({ length: atOnce }, () =>
    request(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
      dispatcher,
      signal: leaving.signal,
    }).catch(() => undefined),
  );

  await simulator.waitFor(() => simulator.openConnections === atOnce, `${atOnce} open calls`, 10_000);

  const ready = (await (await fetch(`${origin}/readyz`)).json()) as { checks: Record<string, string> };
  expect(ready.checks['fetch_cap']).toBe('ok');
  leaving.abort();
  await Promise.all(asked);
  await simulator.waitFor(() => simulator.openConnections === 0, 'no open call', 10_000);
  await dispatcher.destroy();
}, 30_000);
