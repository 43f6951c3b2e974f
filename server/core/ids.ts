import { randomBytes } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Every id we make is `prefix_` + 20 random base32 characters (100 bits). */
export type IdPrefix = 'acc' | 'key' | 'usr' | 'req';

export function newId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  return `${prefix}_${randomText(20)}`;
}

/** `length` random base32 characters, also the tail of wire ids such as `chatcmpl-…`. */
export function randomText(length: number): string {
  const bytes = randomBytes(length);
  let text = '';
  for (const byte of bytes) text += alphabet[byte & 31];
  return text;
}
