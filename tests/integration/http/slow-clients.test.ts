import { expect, test } from 'bun:test';
import { idleTimeoutSeconds } from '../../../server/http/router.ts';
import { askedAccounts, expectAtRest } from '../../support/gateway-faults.ts';
import { exchange, requestText, statusesIn } from '../../support/raw-http.ts';
import { startGateway } from '../../support/start-gateway.ts';

test.each([
  ['with a length', { 'Content-Length': '200' }, '{"model"'],
  ['in chunks', { 'Transfer-Encoding': 'chunked' }, '8\r\n{"model"\r\n'],
])('a body that does not come in time is a 408 and the end of the connection (%s)', async (_, header, begin) => {
  await using gateway = await startGateway({ env: { BODY_TIMEOUT_MS: '150' } });
  const headers = { Authorization: `Bearer ${gateway.key}`, 'Content-Type': 'application/json', ...header };
  const { received, isClosed } = await exchange(
    gateway.origin,
    requestText('POST', '/v1/chat/completions', headers, begin),
    () => false,
  );
  expect({ statuses: statusesIn(received), isClosed }).toEqual({ statuses: [408], isClosed: true });
  expect(received).toContain('"request_timeout"');
  expect(askedAccounts(gateway)).toEqual([]);
  await expectAtRest(gateway);
});

const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] };

const offAndOn = [0, idleTimeoutSeconds];

test.each<[string, string, object, number[]]>([
  ['a whole answer', '/v1/chat/completions', body, offAndOn],
  ['a stream', '/v1/chat/completions', { ...body, stream: true }, offAndOn],
  ['a compaction', '/v1/responses/compact', { model: 'gpt-5.5', input: 'hi' }, offAndOn],
  [
    'an upstream failure',
    '/v1/chat/completions',
    { ...body, messages: [{ role: 'user', content: '[[sim:fault 400]]' }] },
    offAndOn,
  ],
  ['a request that is refused', '/v1/chat/completions', {}, []],
])('after %s the idle time-out of the connection holds again', async (_, path, json, expected) => {
  await using gateway = await startGateway();
  /** The time-outs the runtime was told, in order. */
  const told: number[] = [];
  await using server = Bun.serve({
    port: 0,
    fetch: (request, own) =>
      gateway.app.fetch(
        request,
        new Proxy(own, {
          get: (target, name) =>
            name === 'timeout' ? (_request: Request, to: number) => void told.push(to) : Reflect.get(target, name),
        }),
      ),
  });
  const response = await fetch(`${server.url.origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
  await response.text();
  expect(told).toEqual(expected);
});
