/** About 20 ms on one core; memory-hard at the least that current advice calls for. */
const parameters = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;

/** An argon2id hash in PHC text form. Runs off the event loop. */
export function hashPassword(password: string): Promise<string> {
  return Bun.password.hash(password, parameters);
}

/**
 * Whether `password` is the one `hash` was made from: argon2id, or the predecessor's bcrypt. A hash of neither kind
 * or a damaged one fits no password, not even its own text.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (password === '' || !/^\$(argon2id|2[aby])\$/.test(hash)) return false;
  return Bun.password.verify(password, hash).catch(() => false);
}
