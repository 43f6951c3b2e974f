import { expect, test } from 'bun:test';
import { UpstreamNetworkError } from '../../../server/upstream/client.ts';
import { toNetworkError } from '../../../server/upstream/network-error.ts';

const withCode = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

test.each([
  {
    error: withCode('ConnectionRefused', 'Unable to connect. Is the computer able to access the url?'),
    phase: 'headers',
    expected: ['connect', 'refused'],
  },
  { error: withCode('ECONNREFUSED'), phase: 'headers', expected: ['connect', 'refused'] },
  { error: withCode('ENOTFOUND'), phase: 'headers', expected: ['connect', 'dns'] },
  { error: withCode('UND_ERR_CONNECT_TIMEOUT'), phase: 'headers', expected: ['connect', 'timeout'] },
  { error: withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), phase: 'headers', expected: ['connect', 'tls'] },
  { error: withCode('ECONNRESET'), phase: 'headers', expected: ['headers', 'reset'] },
  { error: withCode('ECONNRESET'), phase: 'stream', expected: ['stream', 'reset'] },
  { error: withCode('ZlibError'), phase: 'stream', expected: ['stream', 'malformed'] },
  { error: 'something thrown', phase: 'stream', expected: ['stream', 'reset'] },
] as const)('$error in phase $phase', ({ error, phase, expected }) => {
  const { phase: actualPhase, network } = toNetworkError(error, phase, false);
  expect([actualPhase, network]).toEqual([...expected]);
});

test('behind a proxy a refused connection is the proxy’s', () => {
  expect(toNetworkError(withCode('ECONNREFUSED'), 'headers', true)).toMatchObject({
    phase: 'connect',
    network: 'proxy',
  });
});

test('a known network error passes unchanged', () => {
  const known = new UpstreamNetworkError('stream', 'timeout', 'late');
  expect(toNetworkError(known, 'headers', true)).toBe(known);
});
