import { type CallPhase, UpstreamNetworkError } from './client.ts';
import type { NetworkFailure } from './failure.ts';

/** Error codes of Bun's fetch, of Node's sockets and of undici, by what they mean. The first match counts. */
const meanings: readonly [pattern: RegExp, network: NetworkFailure, phase: CallPhase | undefined][] = [
  [/socks|proxy|ERR_TUNNEL/i, 'proxy', 'connect'],
  [/ENOTFOUND|EAI_AGAIN|getaddrinfo|DNS/i, 'dns', 'connect'],
  [/CERT|TLS|SSL|UNABLE_TO_VERIFY|SELF_SIGNED/i, 'tls', 'connect'],
  [
    /ECONNREFUSED|ConnectionRefused|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|unable to connect/i,
    'refused',
    'connect',
  ],
  [/CONNECT_TIMEOUT/i, 'timeout', 'connect'],
  [/timeout|timed out/i, 'timeout', undefined],
  [/Malformed|Parse|Decompression|Zlib|InvalidHTTPResponse|HPE_/i, 'malformed', undefined],
];

/** What a thrown network error means. `phase` is how far the call had come when it was thrown. */
export function toNetworkError(error: unknown, phase: CallPhase, usesProxy: boolean): UpstreamNetworkError {
  if (error instanceof UpstreamNetworkError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = `${typeof code === 'string' ? code : ''} ${typeof message === 'string' ? message : String(error)}`;
  const [, network, knownPhase] = meanings.find(([pattern]) => pattern.test(text)) ?? [
    undefined,
    'reset' as const,
    undefined,
  ];
  const actualPhase = phase === 'stream' ? phase : (knownPhase ?? phase);
  // Behind a proxy a failed connection is the proxy's: the host itself was never tried.
  const isProxyFault = usesProxy && actualPhase === 'connect';
  return new UpstreamNetworkError(actualPhase, isProxyFault ? 'proxy' : network, text.trim(), error);
}
