import { expect, test } from 'bun:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { askedAccounts, expectAtRest, read } from '../../support/gateway-faults.ts';
import { exchange, requestText, statusesIn } from '../../support/raw-http.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const limit = 64 * 1024;
const startLimited = () => startGateway({ env: { BODY_LIMIT: '64K' } });

/** A chat request of exactly `bytes` bytes. */
function bodyOf(bytes: number): string {
  const body = (content: string) => JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content }] });
  return body('x'.repeat(bytes - body('').length));
}

/** Sends a body with its length announced, or in chunks without one. */
function send(
  gateway: TestGateway,
  bytes: Uint8Array<ArrayBuffer>,
  options: { chunked: boolean; encoding?: string },
): Promise<Response> {
  const half = bytes.length >> 1;
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
  return fetch(`${gateway.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.key}`,
      'content-type': 'application/json',
      ...(options.encoding ? { 'content-encoding': options.encoding } : {}),
    },
    body: options.chunked ? chunks : bytes,
  });
}

const tooLarge = { status: 413, error: { code: 'request_too_large', type: 'invalid_request_error', param: null } };

for (const chunked of [false, true]) {
  const way = chunked ? 'in chunks' : 'with a length';
  for (const encoding of [undefined, 'gzip', 'deflate']) {
    const pack = (text: string) =>
      encoding === 'gzip' ? gzipSync(text) : encoding === 'deflate' ? deflateSync(text) : Buffer.from(text);
    test(`S9: a body of exactly the limit is served, one byte more is one clear 413 (${encoding ?? 'plain'}, ${way})`, async () => {
      await using gateway = await startLimited();
      const options = { chunked, ...(encoding ? { encoding } : {}) };
      expect((await read(await send(gateway, pack(bodyOf(limit)), options))).status).toBe(200);
      expect(askedAccounts(gateway)).toHaveLength(1);

      const got = await read(await send(gateway, pack(bodyOf(limit + 1)), options));
      expect(got).toMatchObject(tooLarge);
      expect(got.error?.['message']).toContain(String(limit));
      expect(got.headers.get('x-request-id')).toMatch(/^req_/);
      expect(askedAccounts(gateway)).toHaveLength(1);
      await expectAtRest(gateway);
    });
  }

  test(`S9: after a 413 the connection serves the next request or is closed, and never mixes the two (${way})`, async () => {
    await using gateway = await startLimited();
    const headers = { Authorization: `Bearer ${gateway.key}`, 'Content-Type': 'application/json' };
    // What would be taken for a request if the rest of the body were read as one.
    const body = requestText('GET', '/smuggled', {})
      .repeat(2_000)
      .padEnd(2 * limit);
    const size = body.length;
    const first = chunked
      ? `${requestText('POST', '/v1/responses', { ...headers, 'Transfer-Encoding': 'chunked' })}${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      : requestText('POST', '/v1/responses', { ...headers, 'Content-Length': String(size) }, body);
    const next = requestText('GET', '/livez', {});
    const { received, isClosed } = await exchange(gateway.origin, first + next, (text) => text.includes('"ok"'));
    expect(statusesIn(received)).toEqual(isClosed ? [413] : [413, 200]);
    expect(received).toContain('request_too_large');
    expect(askedAccounts(gateway)).toEqual([]);
  });
}

test('S9: an announced length over the limit is refused before the body is sent', async () => {
  await using gateway = await startLimited();
  const headers = {
    Authorization: `Bearer ${gateway.key}`,
    'Content-Type': 'application/json',
    'Content-Length': '9999999999',
  };
  const { received } = await exchange(gateway.origin, requestText('POST', '/v1/chat/completions', headers), (text) =>
    text.includes('}}'),
  );
  expect(statusesIn(received)).toEqual([413]);
});
