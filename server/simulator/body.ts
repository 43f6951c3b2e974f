import type { IncomingMessage } from 'node:http';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isObject, type JsonObject } from './json.ts';
import { detail, type Rejection } from './rejection.ts';

/** Bodies of tens of megabytes pass at the real backend; this is only a fence. */
const largestBody = 256 * 1024 * 1024;

/** The whole body as it came; undefined when it is too large. Rejects when the client leaves meanwhile. */
export async function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

export type BodyVerdict = { ok: true; body: JsonObject } | { ok: false; rejection: Rejection };

/** The fields of a JSON body (plain, gzip or zstd) or of a form. */
export function parseBody(
  bytes: Buffer | undefined,
  encoding: string | undefined,
  contentType: string | undefined,
): BodyVerdict {
  if (bytes === undefined) return refuse(detail('Request body too large', 413));
  let text: string;
  try {
    text = decoded(bytes, encoding ?? 'identity');
  } catch {
    return refuse(detail(`The body is not valid ${encoding ?? 'identity'}`));
  }
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return { ok: true, body: Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { ok: true, body: value } : refuse(detail('The body must be a JSON object'));
  } catch {
    return refuse(detail('There was an error parsing the body'));
  }
}

function refuse(rejection: Rejection): BodyVerdict {
  return { ok: false, rejection };
}

function decoded(bytes: Buffer, encoding: string): string {
  switch (encoding) {
    case 'identity':
      return bytes.toString('utf8');
    case 'gzip':
      return gunzipSync(bytes).toString('utf8');
    case 'zstd':
      return zstdDecompressSync(bytes).toString('utf8');
    default:
      throw new Error(`unknown content-encoding ${encoding}`);
  }
}
