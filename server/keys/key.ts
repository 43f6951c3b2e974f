import { hash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Bytes from here on would favour the first letters of the alphabet and are drawn again. */
const fairLimit = 256 - (256 % alphabet.length);
const secretLength = 48;

/** A new client key: `sk-` and 48 random base62 characters (285 bits). Shown once, kept only as {@link hashKey}. */
export function newKey(): string {
  let secret = '';
  while (secret.length < secretLength) {
    for (const byte of randomBytes(secretLength)) {
      if (byte < fairLimit && secret.length < secretLength) secret += alphabet.charAt(byte % alphabet.length);
    }
  }
  return `sk-${secret}`;
}

/** SHA-256 of the whole key in hex. Keys are long and random, so a fast hash without salt is enough. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** The part of a key that may be shown: its first 8 characters, `sk-` included. */
export function visiblePrefix(key: string): string {
  return key.slice(0, 8);
}
