import { hostname } from 'node:os';
import { randomText } from '../core/ids.ts';

/** Names this process as the holder of a refresh lease: `host pid nonce`. */
export function createLeaseOwner(): string {
  return `${hostname()} ${process.pid} ${randomText(8)}`;
}

/**
 * Whether the process that holds a lease is certainly gone: same host, and no process has its pid. Then nobody will
 * finish its refresh, and waiting for the lease to run out would only keep the account from working.
 */
export function isDeadOwner(owner: string): boolean {
  const [host, pid] = owner.split(' ');
  if (host !== hostname() || !pid || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
