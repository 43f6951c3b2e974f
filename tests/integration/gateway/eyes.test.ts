import { expect, test } from 'bun:test';
import { ask, chat, responses, handClock, readerOf, read, gate, untilProbed, expectAtRest, stateOf, wholeChat } from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';
import { changeAccount } from '../../support/change-account.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { connect } from 'node:net';

test('2 lease leak', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock, accounts: [{ expiresInMs: 3_600_000 }], env: { KEEPALIVE_MS: '100', ACQUIRE_TIMEOUT_MS: '500' } }));
  const [account] = gateway.accounts;
  if (!account) throw 1;
  changeAccount(gateway, account, { maxConcurrency: 1 });
  clock.advance(2 * 3_600_000);
  const g = gate();
  gateway.simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: () => g.opened } });
  const reader = readerOf(await ask(gateway, chat, 'hi'));
  await reader.until((raw) => raw.includes('keep-alive'));
  await reader.leave();
  await Bun.sleep(100);
  g.open();
  await expectAtRest(gateway);
  const got = await read(await ask(gateway, wholeChat, 'again'));
  console.log(got.status, got.raw);
  expect(got.status).toBe(200);
});

test('3 lost deltas', async () => {
  await using gateway = await untilProbed(await startGateway());
  const events = textAnswer(['Hello ', 'wor', 'ld']).slice(0, 6);
  const more = textAnswer(['Hello ', 'wor', 'ld'])[6]!;
  const sse = (e: any) => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`;
  const enc = new TextEncoder();
  const g = gate();
  gateway.simulator.script({ reply: { kind: 'stream', wait: (i) => i === 1 ? g.opened : undefined, chunks: [enc.encode(events.map(sse).join('')), enc.encode(sse(more) + sse({ type: 'error', error: { type: 'server_error', code: 'boom', message: 'x' } }))] } });
  const reader = readerOf(await ask(gateway, responses, 'hi'));
  await reader.until((raw) => raw.includes('Hello '));
  g.open();
  const got = await reader.rest();
  console.log(got.raw);
  expect(got.text).toBe('Hello wor');
});

test('8 readyz', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock, accounts: 1 }));
  gateway.simulator.script({ reply: '429' as any });
  gateway.simulator.clearScripts();
  gateway.simulator.script({ reply: { kind: 'fixed', status: 403, body: '<html>blocked</html>' } });
  await read(await ask(gateway, wholeChat, 'hi'));
  console.log(stateOf(gateway, gateway.accounts[0]!));
  clock.advance(3_600_000);
  await gateway.app.maintenance.run();
  const r = await gateway.get('/readyz', { key: null });
  console.log(r.status, await r.text());
  expect(r.status).toBe(200);
});

test('stalled reader at stop', async () => {
  await using gateway = await untilProbed(await startGateway());
  const body = JSON.stringify({ model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: '[[sim:flood 4000000]]' }] });
  const { port } = new URL(gateway.origin);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1);
  await Bun.sleep(1000);
  console.log('running', gateway.app.runningRequests);
  const before = performance.now();
  const app = gateway.app;
  await gateway.restart();
  console.log('stopped in', performance.now() - before, app.runningRequests, app.watchedCalls);
  console.log(await gateway.logs());
  socket.destroy();
});

test('1 write fails in a timer', async () => {
  await using gateway = await untilProbed(await startGateway());
  gateway.db.sqlite.run(`create trigger no_more before update of selected_seq on tokens begin select raise(abort, 'disk full'); end`);
  const got = await read(await ask(gateway, wholeChat, 'hi'));
  console.log(got.status);
  await Bun.sleep(500);
});
