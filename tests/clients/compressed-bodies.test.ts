import { expect, test } from 'bun:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { lastModelCall, modelCalls } from '../support/model-calls.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const request = { model: 'gpt-5.5', input: 'Grüße, 世界' };
const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };

/** POSTs bytes as they are. A stream is sent in chunks, without a length. */
function send(
  gateway: TestGateway,
  encoding: string,
  bytes: Uint8Array<ArrayBuffer> | ReadableStream,
): Promise<Response> {
  return fetch(`${gateway.baseUrl}/responses`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.key}`,
      'content-type': 'application/json',
      'content-encoding': encoding,
    },
    body: bytes,
  });
}

for (const [encoding, encode] of Object.entries(encoders)) {
  const encoded = (text: string) => new Uint8Array(encode(Buffer.from(text)));

  test(`S12: a body in ${encoding} is read, with a length and in chunks`, async () => {
    await using gateway = await startGateway();
    const bytes = encoded(JSON.stringify(request));
    for (const body of [bytes, new Blob([bytes]).stream()]) {
      const response = await send(gateway, encoding, body);
      expect(await response.json()).toMatchObject({ status: 'completed' });
      expect(lastModelCall(gateway.simulator)).toMatchObject({ input: [{ content: [{ text: request.input }] }] });
    }
  });

  test(`S12: a body in ${encoding} that expands over the limit is a 413 and reaches no account`, async () => {
    await using gateway = await startGateway({ env: { BODY_LIMIT: '64K' } });
    const bomb = encoded(JSON.stringify({ ...request, input: 'a'.repeat(10_000_000) }));
    expect(bomb.byteLength).toBeLessThan(64 * 1024);
    const response = await send(gateway, encoding, bomb);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: { code: 'request_too_large', message: expect.stringContaining('65536') },
    });
    expect(modelCalls(gateway.simulator)).toEqual([]);
  });

  test(`S12: a body that is not ${encoding}, or breaks off, is a 400`, async () => {
    await using gateway = await startGateway();
    const plain = await send(gateway, encoding, new Uint8Array(Buffer.from(JSON.stringify(request))));
    expect(plain.status).toBe(400);
    expect(await plain.json()).toMatchObject({ error: { message: expect.stringContaining(encoding) } });
    const half = encoded(JSON.stringify(request)).slice(0, 20);
    expect((await send(gateway, encoding, half)).status).toBe(400);
    expect(modelCalls(gateway.simulator)).toEqual([]);
  });
}

test('S12: encodings on top of each other are undone in turn', async () => {
  await using gateway = await startGateway();
  const twice = gzipSync(zstdCompressSync(Buffer.from(JSON.stringify(request))));
  expect((await send(gateway, 'zstd, gzip', new Uint8Array(twice))).status).toBe(200);
});

test('S12: an unknown encoding is a 415 that names the known ones', async () => {
  await using gateway = await startGateway();
  const response = await send(gateway, 'compress', new Uint8Array(Buffer.from(JSON.stringify(request))));
  expect(response.status).toBe(415);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('zstd') } });
});
