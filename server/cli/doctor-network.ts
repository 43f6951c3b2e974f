import { messageOf } from '../core/errors.ts';
import { createTicker } from '../core/ticker.ts';
import type { Env } from '../env.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { proxyFor } from '../upstream/proxy.ts';
import { createUndiciClient } from '../upstream/undici-client.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { formatSpan } from './time.ts';

const longestProbeMs = 10_000;
/** Beyond this the two clocks disagree about when a token ends. */
const toleratedSkewMs = 2 * 60_000;

/** Whether the hosts the gateway calls can be reached, through the configured proxy; one HEAD each, no credential. */
export async function checkNetwork(env: Env, readClock: () => number): Promise<Finding[]> {
  const totalMs = Math.min(env.CONTROL_TIMEOUT_MS, longestProbeMs);
  const connectMs = Math.min(env.CONNECT_TIMEOUT_MS, totalMs);
  const client = createUndiciClient(createTicker(), { connectMs });
  const deadlines = { connectMs, headersMs: totalMs, idleMs: totalMs, totalMs };
  const probe = (check: string, variable: 'CODEX_BASE_URL' | 'OAUTH_ISSUER') =>
    checkHost({
      check,
      variable,
      url: `${new URL(env[variable]).origin}/`,
      send: client.send,
      deadlines,
      env,
      readClock,
    });
  try {
    return await Promise.all([probe('backend', 'CODEX_BASE_URL'), probe('sign-in server', 'OAUTH_ISSUER')]);
  } finally {
    await client.close();
  }
}

async function checkHost(options: {
  check: string;
  variable: string;
  url: string;
  send: UpstreamClient;
  deadlines: { connectMs: number; headersMs: number; idleMs: number; totalMs: number };
  env: Env;
  readClock: () => number;
}): Promise<Finding> {
  const { check, url, deadlines } = options;
  const proxyUrl = proxyFor(url, null, options.env);
  const way = proxyUrl === null ? '' : ' through the proxy';
  try {
    const signal = new AbortController().signal;
    const reply = await options.send({ method: 'HEAD', url, headers: { accept: '*/*' }, proxyUrl, deadlines, signal });
    reply.body.cancel();
    // Any answer will do: the start page is nothing we use.
    const skew = Math.abs(Date.parse(reply.headers.get('date') ?? '') - options.readClock());
    if (skew > toleratedSkewMs) {
      const mend = 'Set the clock (e.g. by NTP): tokens, cool-downs and limits go by it.';
      return warn(check, `${url} answers${way}, but its clock differs by ${formatSpan(skew)}`, mend);
    }
    return ok(check, `${url} answers${way}`);
  } catch (error) {
    const mend = `Check the network, HTTPS_PROXY and ${options.variable}.`;
    return fail(check, `${url} cannot be reached${way}: ${messageOf(error)}`, mend);
  }
}
