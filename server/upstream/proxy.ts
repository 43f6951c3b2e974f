import type { Env } from '../env.ts';

type ProxyEnv = Pick<Env, 'HTTP_PROXY' | 'HTTPS_PROXY' | 'ALL_PROXY' | 'NO_PROXY'>;

/**
 * The proxy for a call to `url`: an account's own proxy always, else the environment's by the usual rules. Null is a
 * direct connection. Pure; nothing else in the program decides about proxies.
 */
export function proxyFor(url: string, accountProxy: string | null, env: ProxyEnv): string | null {
  if (accountProxy !== null) return accountProxy;
  const { protocol, hostname, port } = new URL(url);
  const proxy = (protocol === 'https:' ? env.HTTPS_PROXY : env.HTTP_PROXY) ?? env.ALL_PROXY;
  if (proxy === undefined || isExempt(hostname, port || (protocol === 'https:' ? '443' : '80'), env.NO_PROXY))
    return null;
  return proxy;
}

/** NO_PROXY: `*`, a host, `.suffix` (also matches the bare domain), each with an optional `:port`. */
function isExempt(hostname: string, port: string, noProxy: string): boolean {
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, host = entry, entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (entryPort !== undefined && entryPort !== port) return false;
      const domain = host.replace(/^\*?\./, '');
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}
