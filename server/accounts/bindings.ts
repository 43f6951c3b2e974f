import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Binding, BindingRepository } from '../../db/repositories/bindings.ts';
import { createBatch } from '../core/batch.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';

const lifetimeMs = 7 * 86_400_000;
/** A binding in use is written again when less than this is left of it. */
const renewBelowMs = 6 * 86_400_000;

/**
 * Which account a conversation, an encrypted item or a turn state belongs to. Known at once in this process, on disk
 * (and so in other processes and after a restart) within the write delay.
 */
export interface Bindings {
  find(kind: BindingKind, value: string): string | undefined;
  remember(kind: BindingKind, value: string, accountId: string): void;
  flush(): void;
}

/** `conversation` is a hash already; the other two are long opaque texts that are only kept as hashes. */
export type BindingKind = 'conversation' | 'encrypted' | 'turn-state';

export function createBindings(deps: { repository: BindingRepository; clock: Clock; log: Log }): Bindings {
  const { repository, clock } = deps;
  const recent = new LRUCache<string, { tokenId: string; expiresAt: number }>({ max: 20_000 });
  const batch = createBatch<Binding>({
    maxDelayMs: 200,
    maxItems: 500,
    write: (bindings) => repository.save(bindings),
    onError: (error) => deps.log.error({ err: error }, 'The bindings of conversations cannot be written'),
  });

  return {
    find(kind, value) {
      const key = keyOf(kind, value);
      return recent.get(key)?.tokenId ?? repository.find(key, clock.now());
    },
    remember(kind, value, accountId) {
      const key = keyOf(kind, value);
      const known = recent.get(key);
      const now = clock.now();
      if (known?.tokenId === accountId && known.expiresAt - now > renewBelowMs) return;
      const binding = { tokenId: accountId, expiresAt: now + lifetimeMs };
      recent.set(key, binding);
      batch.add({ key, ...binding });
    },
    flush: () => batch.flush(),
  };
}

function keyOf(kind: BindingKind, value: string): string {
  if (kind === 'conversation') return `c:${value}`;
  return `${kind === 'encrypted' ? 'e' : 't'}:${hash('sha256', value, 'base64url').slice(0, 27)}`;
}
