import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const version = 1;
const keyBytes = 32;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + keyIdBytes + nonceBytes;

/** A sealed value cannot be read: written with another key, meant for another place, or changed. Never holds the text. */
export class SecretBoxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SecretBoxError';
  }
}

/** Seals texts for storage. `context` names the place of a value; it opens only with the context it was sealed with. */
export interface SecretBox {
  seal(text: string, context: string): Buffer;
  /** Throws {@link SecretBoxError}. */
  open(sealed: Buffer, context: string): string;
}

/**
 * AES-256-GCM under `key` (32 bytes). A sealed value is: version byte, key id (first 4 bytes of the key's SHA-256),
 * 12-byte random nonce, ciphertext, 16-byte tag; everything but the text is authenticated in the clear.
 */
export function createSecretBox(key: Uint8Array): SecretBox {
  if (key.byteLength !== keyBytes)
    throw new SecretBoxError(`An encryption key has ${keyBytes} bytes, not ${key.byteLength}.`);
  const secret = Buffer.from(key);
  const prefix = Buffer.concat([
    Buffer.from([version]),
    createHash('sha256').update(secret).digest().subarray(0, keyIdBytes),
  ]);

  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes);
      const header = Buffer.concat([prefix, nonce]);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      cipher.setAAD(associatedData(header, context));
      return Buffer.concat([header, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },

    open(sealed, context) {
      if (sealed.length < headerBytes + tagBytes)
        throw new SecretBoxError('The stored value is too short to be a sealed one.');
      if (sealed[0] !== version)
        throw new SecretBoxError(`The stored value has format ${sealed[0]}, which this build does not know.`);
      if (!sealed.subarray(0, prefix.length).equals(prefix))
        throw new SecretBoxError('The stored value was sealed with another encryption key.');
      const header = sealed.subarray(0, headerBytes);
      const decipher = createDecipheriv('aes-256-gcm', secret, header.subarray(prefix.length), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(associatedData(header, context));
      decipher.setAuthTag(sealed.subarray(-tagBytes));
      try {
        return decipher.update(sealed.subarray(headerBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        throw new SecretBoxError('The stored value was changed, or belongs to another place.');
      }
    },
  };
}

function associatedData(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context, 'utf8')]);
}

/** The 32 bytes that `text` says as base64, base64url or hex; undefined when it says none. */
export function parseKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  // 32 bytes are 43 base64 characters and a padding that some tools leave out.
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return Buffer.from(trimmed, 'base64');
  return undefined;
}
