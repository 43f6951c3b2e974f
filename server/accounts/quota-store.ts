import { LRUCache } from 'lru-cache';
import type { HealthRepository } from '../../db/repositories/health.ts';
import type { QuotaRepository } from '../../db/repositories/quota.ts';
import { createBatch } from '../core/batch.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { mainFamily, type QuotaReading, quotaRank } from './quota.ts';

/** A reading that says nothing new is written again only after this long, to keep its age honest. */
const rewriteAfterMs = 30_000;

/** Readings come with every answer; those of a moment are written together. */
const writeDelayMs = 200;

export interface QuotaStore {
  /**
   * Keeps the latest reading of an account's windows and its rank for `quota-aware`. A reading that shows quota again
   * ends a cool-down for a spent quota (F2). One without windows says nothing.
   */
  apply(accountId: string, reading: QuotaReading): void;
  /** Writes the readings that wait, now. */
  flush(): void;
  /** Ranks again the accounts whose window has been reset meanwhile: their old share says nothing any more. */
  rerankPassed(): void;
}

export function createQuotaStore(deps: {
  repository: QuotaRepository;
  health: HealthRepository;
  clock: Clock;
  log: Log;
  /** Called when a rank may have changed. */
  onChange: () => void;
}): QuotaStore {
  const { repository, health, clock } = deps;
  const last = new LRUCache<string, { digest: string; at: number }>({ max: 20_000 });

  const waiting = new Map<string, { reading: QuotaReading; at: number }>();
  const batch = createBatch<string>({
    maxDelayMs: writeDelayMs,
    maxItems: 100,
    write: writeWaiting,
    onError: (error) => deps.log.error({ err: error }, 'The quota readings cannot be written'),
  });

  function writeWaiting(): void {
    repository.transaction(() => {
      for (const [accountId, { reading, at }] of waiting) write(accountId, reading, at);
    });
    waiting.clear();
  }

  function write(accountId: string, { windows, plan }: QuotaReading, now: number): void {
    // The rank goes by the main limit: a reading of another limit alone does not change it.
    const main = windows.filter((window) => window.family === mainFamily);
    const ranked = main.length > 0 ? main : repository.windows(accountId);
    // Readings replace each other per family: a window that is no longer reported no longer exists (a plan change).
    repository.save(accountId, windows, plan ?? null, quotaRank(ranked, now), now);
  }

  return {
    apply(accountId, reading) {
      const { windows } = reading;
      if (windows.length === 0) return;
      const now = clock.now();
      const digest = digestOf(reading);
      const known = last.get(accountId);
      if (known?.digest === digest && Math.abs(now - known.at) < rewriteAfterMs) return;
      last.set(accountId, { digest, at: now });
      const earlier = waiting.get(accountId)?.reading.windows ?? [];
      const replaced = new Set(windows.map((window) => window.family));
      const kept = earlier.filter((window) => !replaced.has(window.family));
      waiting.set(accountId, { reading: { ...reading, windows: [...kept, ...windows] }, at: now });
      batch.add(accountId);
      const main = windows.filter((window) => window.family === mainFamily);
      const hasQuota = main.length > 0 && main.every((window) => window.usedPercent < 100);
      // Credits or spend control may hold an account back although its windows have room.
      if (hasQuota && reading.limitReached !== true) health.liftCoolDown(accountId, 'usage_limit_reached', now);
      deps.onChange();
    },
    flush: () => batch.flush(),
    rerankPassed() {
      const now = clock.now();
      for (const accountId of repository.withPassedReset(now)) {
        repository.saveRank(accountId, quotaRank(repository.windows(accountId), now));
      }
      deps.onChange();
    },
  };
}

function digestOf({ windows, plan, limitReached }: QuotaReading): string {
  let digest = `${plan ?? ''} ${limitReached ?? ''}`;
  for (const { family, windowSeconds, usedPercent, resetsAtMs, source } of windows) {
    // A rolling placeholder reset moves with every reading: minutes are fine enough.
    digest += `|${family} ${windowSeconds} ${usedPercent} ${resetsAtMs === null ? '' : Math.round(resetsAtMs / 60_000)} ${source}`;
  }
  return digest;
}
