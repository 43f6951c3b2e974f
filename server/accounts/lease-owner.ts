import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomText } from '../core/ids.ts';

/** Names this process as the holder of a lease: `place pid nonce`. */
export function createLeaseOwner(): string {
  return `${placeOfPids()} ${process.pid} ${randomText(8)}`;
}

/** Where a pid means the same process: the host and, where there are such, the pid namespace (containers may share a host name). */
function placeOfPids(): string {
  try {
    return `${hostname()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/**
 * Whether the process that holds a lease is certainly gone: same place, and no process has its pid. Then nobody will
 * finish its refresh, and waiting for the lease to run out would only keep the account from working.
 */
export function isDeadOwner(owner: string): boolean {
  const [place, pid] = owner.split(' ');
  if (place !== placeOfPids() || !pid || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
