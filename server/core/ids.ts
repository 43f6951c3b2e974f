import { randomFillSync } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Every id we make is `prefix_` + 20 random base32 characters (100 bits). */
export type IdPrefix = 'acc' | 'key' | 'usr' | 'req';

export function newId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  return `${prefix}_${randomText(20)}`;
}

/** Randomness is drawn for many ids at once: a system call for each costs more than the id. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** `length` (at most 4,096) random base32 characters, also the tail of wire ids such as `chatcmpl-…`. */
export function randomText(length: number): string {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let text = '';
  for (const end = used + length; used < end; used += 1) text += alphabet[(pool[used] ?? 0) & 31];
  return text;
}
