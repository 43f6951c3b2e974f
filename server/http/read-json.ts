import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { AppError } from '../core/errors.ts';
import { isNestedDeeperThan } from './nesting.ts';

const decoders: Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** Far more than any real request has, and far less than what recursion over a body can bear. */
const deepestNesting = 500;

/**
 * The JSON body of a request. `limitBytes` holds for what comes over the wire and for what it expands to. Throws
 * AppError: 413 too large, 415 wrong media type or encoding, 408 too slow, 400 broken.
 */
export async function readJson(request: Request, limits: { limitBytes: number; timeoutMs: number }): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== undefined && mediaType !== 'application/json' && !mediaType.endsWith('+json')) {
    throw new AppError(
      'unsupported_media_type',
      `Send the body as application/json, not as ${mediaType.slice(0, 100)}.`,
    );
  }
  const encodings = (request.headers.get('content-encoding') ?? '').split(',').map((name) => name.trim().toLowerCase());
  let bytes = await readBytes(request, limits);
  for (const encoding of encodings.reverse()) {
    if (encoding === '' || encoding === 'identity') continue;
    bytes = await expand(bytes, encoding, limits.limitBytes);
  }
  return parse(bytes);
}

async function readBytes(
  request: Request,
  { limitBytes, timeoutMs }: { limitBytes: number; timeoutMs: number },
): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? '0');
  if (announced > limitBytes) throw tooLarge(limitBytes);
  // With a length `body` is not touched: the runtime then gives the bytes without making a stream of them.
  if (announced === 0 && !request.body) return new Uint8Array();

  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    // The runtime would go on waiting for the rest of the body.
    const close = { headers: { connection: 'close' } };
    timer = setTimeout(
      () => reject(new AppError('request_timeout', `The request body did not arrive within ${timeoutMs} ms.`, close)),
      timeoutMs,
    );
  });
  try {
    // With a length the runtime holds the client to it; without one the bytes are counted as they come.
    return await Promise.race([
      announced > 0 ? request.bytes() : readCounted(request.body as ReadableStream<Uint8Array>, limitBytes),
      timeout,
    ]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid_request', 'The request body could not be received.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function readCounted(body: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function expand(bytes: Uint8Array, encoding: string, limitBytes: number): Promise<Uint8Array> {
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!decode) {
    throw new AppError(
      'unsupported_media_type',
      `Content-Encoding "${encoding.slice(0, 50)}" is not supported; use gzip, deflate, br or zstd.`,
    );
  }
  try {
    const expanded = await decode(bytes, { maxOutputLength: limitBytes });
    if (expanded.byteLength > limitBytes) throw tooLarge(limitBytes);
    return expanded;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { code } = error as { code?: string };
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes);
    throw new AppError('invalid_request', `The request body is not valid ${encoding}.`, { cause: error });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw new AppError('invalid_json', 'The request body is not valid UTF-8.', { cause: error });
  }
  if (text.trim() === '') throw new AppError('invalid_json', 'The request body is empty; send a JSON object.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('invalid_json', `The request body is not valid JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (isNestedDeeperThan(deepestNesting, value)) {
    throw new AppError('invalid_json', `The request body is nested too deeply (more than ${deepestNesting} levels).`);
  }
  return value;
}

function tooLarge(limitBytes: number): AppError {
  return new AppError(
    'request_too_large',
    `The request body is larger than this gateway accepts (${limitBytes} bytes).`,
  );
}
