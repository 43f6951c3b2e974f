import { expect, test } from 'bun:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { askedAccounts, read } from '../../support/gateway-faults.ts';
import { lastModelCall } from '../../support/model-calls.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const encoders: Record<string, (bytes: Uint8Array | string) => Buffer<ArrayBuffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  'x-gzip': (bytes) => gzipSync(bytes),
  GZIP: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  'gzip, zstd': (bytes) => zstdCompressSync(gzipSync(bytes)),
  'identity, br': (bytes) => brotliCompressSync(bytes),
};

const bodies = {
  '/v1/chat/completions': { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Grüße, 世界 👋' }] },
  '/v1/responses': { model: 'gpt-5.5', store: false, input: 'Grüße, 世界 👋' },
};

function send(gateway: TestGateway, path: string, encoding: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = {
    authorization: `Bearer ${gateway.key}`,
    'content-type': 'application/json',
    'content-encoding': encoding,
  };
  return fetch(`${gateway.origin}${path}`, { method: 'POST', headers, body: bytes });
}

for (const [path, body] of Object.entries(bodies)) {
  test(`S12: bodies in every common encoding arrive unharmed (${path})`, async () => {
    await using gateway = await startGateway();
    for (const [encoding, encode] of Object.entries(encoders)) {
      const got = await read(await send(gateway, path, encoding, encode(JSON.stringify(body))));
      expect({ encoding, status: got.status }).toEqual({ encoding, status: 200 });
      expect(JSON.stringify(lastModelCall(gateway.simulator)['input'])).toContain('Grüße, 世界 👋');
    }
    expect(askedAccounts(gateway)).toHaveLength(Object.keys(encoders).length);
  });

  test(`S12: a body that swells over the limit is a 413, whatever packs it (${path})`, async () => {
    await using gateway = await startGateway({ env: { BODY_LIMIT: '1M' } });
    const swollen = Buffer.alloc(24 * 1024 * 1024, 0x20);
    const before = process.memoryUsage.rss();
    for (const [encoding, encode] of Object.entries(encoders)) {
      const packed = encode(swollen);
      expect(packed.length).toBeLessThan(1024 * 1024);
      const got = await read(await send(gateway, path, encoding, packed));
      expect(got).toMatchObject({ status: 413, error: { code: 'request_too_large' } });
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
    expect(askedAccounts(gateway)).toEqual([]);
  });

  test(`S12: data that is not in the named encoding is a 400, cut off or garbled (${path})`, async () => {
    await using gateway = await startGateway();
    const text = JSON.stringify(body);
    for (const [encoding, encode] of Object.entries(encoders)) {
      const whole = encode(text);
      const broken = [
        whole.subarray(0, whole.length - 6),
        whole.subarray(0, 5),
        Buffer.from(text),
        Buffer.alloc(50, 0xa5),
        Buffer.alloc(0),
      ];
      for (const bytes of broken) {
        const got = await read(await send(gateway, path, encoding, bytes));
        expect({ encoding, size: bytes.length, status: got.status }).toEqual({
          encoding,
          size: bytes.length,
          status: 400,
        });
        expect(got.error).toMatchObject({ type: 'invalid_request_error' });
      }
    }
    expect(askedAccounts(gateway)).toEqual([]);
  });

  test(`S12: an encoding the gateway does not know is a 415 that names those it knows (${path})`, async () => {
    await using gateway = await startGateway();
    for (const encoding of ['compress', 'gzip, rot13', 'aes128gcm', '__proto__', 'constructor']) {
      const got = await read(await send(gateway, path, encoding, Buffer.from('{}')));
      expect({ encoding, got }).toMatchObject({
        encoding,
        got: { status: 415, error: { code: 'unsupported_media_type' } },
      });
      expect(got.error?.['message']).toMatch(/gzip, deflate, br or zstd/);
    }
  });
}
