/**
 * Opaque texts that only the issuing account may send back: the `encrypted_content` of reasoning and compaction
 * items and the `x-codex-turn-state` header. Here they are readable base64, which is all a simulator needs.
 */

const contentPrefix = 'gAAAAAB';
const statePrefix = 'ts1.';
/** The real texts are at least this long; clients that cut or limit them should trip here too. */
const minimalLength = 280;

/** `encrypted_content` bound to `owner`; `note` tells items apart. */
export function sealContent(owner: string, note: string): string {
  return contentPrefix + encode(owner, note);
}

/** The owner of an `encrypted_content`, or undefined when this simulator did not make it. */
export function ownerOfContent(text: string): string | undefined {
  return text.startsWith(contentPrefix) ? decode(text.slice(contentPrefix.length)) : undefined;
}

/** A turn state bound to `owner`. */
export function sealTurnState(owner: string, note: string): string {
  return statePrefix + encode(owner, note);
}

/** The owner of a turn state, or undefined when this simulator did not make it. */
export function ownerOfTurnState(text: string): string | undefined {
  return text.startsWith(statePrefix) ? decode(text.slice(statePrefix.length)) : undefined;
}

function encode(owner: string, note: string): string {
  const plain = `${owner}\n${note}\n`;
  return Buffer.from(plain.padEnd((minimalLength * 3) / 4, '.')).toString('base64url');
}

function decode(text: string): string | undefined {
  const [owner, note, rest] = Buffer.from(text, 'base64url').toString('utf8').split('\n');
  return owner && note !== undefined && rest !== undefined ? owner : undefined;
}
