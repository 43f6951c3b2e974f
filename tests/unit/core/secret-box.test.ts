import { describe, expect, test } from 'bun:test';
import { createSecretBox, SecretBoxError } from '../../../server/core/secret-box.ts';

const key = new Uint8Array(32).fill(7);
const box = createSecretBox(key);

describe('secret box', () => {
  test.each(['', 'a token', 'naïve 文字 🔑', 'x'.repeat(100_000)])('gives back what was sealed (%#)', (text) => {
    expect(box.open(box.seal(text, 'tokens.access_token:acc_1'), 'tokens.access_token:acc_1')).toBe(text);
  });

  test('a text sealed twice looks different each time, and the text is not in it', () => {
    const first = box.seal('the secret', 'here');
    expect(first.equals(box.seal('the secret', 'here'))).toBe(false);
    expect(first.toString('latin1')).not.toContain('the secret');
  });

  test('a sealed value is a version byte, the key id, a nonce, the text and a tag', () => {
    const sealed = box.seal('abc', 'here');
    const keyId = new Bun.CryptoHasher('sha256').update(key).digest().subarray(0, 4);
    expect({ length: sealed.length, version: sealed[0], keyId: [...sealed.subarray(1, 5)] }).toEqual({
      length: 1 + 4 + 12 + 3 + 16,
      version: 1,
      keyId: [...keyId],
    });
  });

  test('another key is told apart from a changed value', () => {
    const other = createSecretBox(new Uint8Array(32).fill(8));
    expect(() => other.open(box.seal('abc', 'here'), 'here')).toThrow(
      new SecretBoxError('The stored value was sealed with another encryption key.'),
    );
  });

  test('a value moved to another row or column does not open', () => {
    const sealed = box.seal('abc', 'tokens.access_token:acc_1');
    for (const context of ['tokens.access_token:acc_2', 'tokens.refresh_token:acc_1', ''])
      expect(() => box.open(sealed, context)).toThrow(SecretBoxError);
  });

  test('a change of any single byte is noticed', () => {
    const sealed = box.seal('abc', 'here');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => box.open(changed, 'here')).toThrow(SecretBoxError);
    }
  });

  test('a value cut short is noticed', () => {
    const sealed = box.seal('abc', 'here');
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => box.open(sealed.subarray(0, length), 'here')).toThrow(SecretBoxError);
  });

  test.each([0, 16, 31, 33])('a key of %d bytes is refused', (length) => {
    expect(() => createSecretBox(new Uint8Array(length))).toThrow(SecretBoxError);
  });
});
