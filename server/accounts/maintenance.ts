import type { BindingRepository } from '../../db/repositories/bindings.ts';
import type { CredentialRepository } from '../../db/repositories/credentials.ts';
import type { MaintenanceRepository } from '../../db/repositories/maintenance.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { createLeaseOwner, isDeadOwner } from './lease-owner.ts';
import type { Probe } from './probe.ts';
import type { QuotaStore } from './quota-store.ts';
import type { Refresher } from './refresh.ts';

const roundMs = 5_000;
/** Taken anew before every piece of work: another process takes over this long after the last one. */
const turnMs = 60_000;
/** Tokens are renewed this long before they expire, plus up to as much again, by account: no two of a batch at once. */
const refreshLeadMs = 10 * 60_000;
const refreshesAtOnce = 4;
const catalogueEveryMs = 6 * 3_600_000;
/** Answers carry quota headers; this is for accounts that have not answered for long. */
const quotaEveryMs = 30 * 60_000;
const probesPerRound = 8;
const trimEveryMs = 10 * 60_000;

/**
 * The background work: renews tokens ahead of their expiry, learns models and quota of accounts, forgets what is over.
 * Of several processes on one database one does it at a time.
 */
export interface Maintenance {
  /** One round, now. */
  run(): Promise<void>;
  /** Ends the rounds and waits for the one under way. */
  stop(): Promise<void>;
}

export function createMaintenance(deps: {
  credentials: CredentialRepository;
  repository: MaintenanceRepository;
  bindings: BindingRepository;
  refresher: Refresher;
  probe: Probe;
  quota: QuotaStore;
  /** Other rooms' housekeeping: log retention, stored answers. */
  trim: () => void;
  clock: Clock;
  log: Log;
}): Maintenance {
  const { repository, clock, log } = deps;
  const owner = createLeaseOwner();
  let trimmedAt = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  let round: Promise<void> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const takeTurn = () => {
    const now = clock.now();
    if (repository.takeTurn(owner, now, now + turnMs)) return true;
    const former = repository.turnOwner();
    return former !== null && isDeadOwner(former) && repository.takeTurn(owner, now, now + turnMs, former);
  };

  /** Works on accounts, a few at a time, while it is this process's turn. What fails for one is only that one's trouble. */
  async function forEachAccount(
    ids: readonly string[],
    atOnce: number,
    work: (id: string) => Promise<unknown>,
  ): Promise<void> {
    await forEachAtOnce(ids, atOnce, async (id) => {
      if (isStopped || !takeTurn()) return;
      await work(id).catch((error: unknown) => log.error({ err: error, account: id }, 'Background work failed'));
    });
  }

  async function refreshDue(): Promise<void> {
    const now = clock.now();
    // The latest possible due time first, then each account's own: nothing is refreshed that is not due.
    const due = deps.credentials
      .dueForRefresh(now + 2 * refreshLeadMs, now, 200)
      .filter(({ id, expiredAt }) => expiredAt - now < refreshLeadMs * (1 + shareOf(id)))
      .map(({ id }) => id);
    await forEachAccount(due, refreshesAtOnce, (id) => deps.refresher.refresh(id, 'proactive_expiry'));
  }

  async function probeDue(): Promise<void> {
    const now = clock.now();
    await forEachAccount(repository.dueForCatalogue(now - catalogueEveryMs, probesPerRound), 2, deps.probe.catalogue);
    await forEachAccount(repository.dueForQuota(now - quotaEveryMs, probesPerRound), 2, deps.probe.quota);
  }

  function tidy(): void {
    deps.quota.rerankPassed();
    const now = clock.now();
    if (Math.abs(now - trimmedAt) < trimEveryMs) return;
    trimmedAt = now;
    repository.removeExpiredBlocks(now);
    deps.bindings.removeExpired(now);
    deps.trim();
  }

  async function work(): Promise<void> {
    if (!takeTurn()) return;
    tidy();
    await refreshDue();
    await probeDue();
  }

  /** Rounds follow each other: two at once would refresh twice as many accounts at a time. */
  function run(): Promise<void> {
    const next = round.then(work);
    round = next.catch((error: unknown) => log.error({ err: error }, 'Background work failed'));
    return next;
  }

  function schedule(): void {
    if (isStopped) return;
    timer = setTimeout(start, roundMs);
  }
  function start(): void {
    // A failure has been told by then.
    run().then(schedule, schedule);
  }
  start();

  return {
    run,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
      clearTimeout(timer);
      repository.endTurn(owner);
    },
  };
}

/** A fixed share in [0,1) per account: its place in the spread of refreshes. */
function shareOf(id: string): number {
  return (Bun.hash.crc32(id) % 1_000) / 1_000;
}

async function forEachAtOnce<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
