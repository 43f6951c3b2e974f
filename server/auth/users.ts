import type { Db } from '../../db/client.ts';
import { createUserRepository } from '../../db/repositories/users.ts';
import type { Clock } from '../core/clock.ts';
import { newId, randomText } from '../core/ids.ts';
import { hashPassword } from './password.ts';

export type FirstAdministrator =
  | { created: false; username: string }
  /** `generatedPassword` is to be shown once and is kept nowhere; null when the operator chose one. */
  | { created: true; username: string; generatedPassword: string | null };

/**
 * Makes the first administrator unless there is a user already. Without `password` a random one is made (100 bits),
 * which must be changed at the first sign-in. There is no default password.
 */
export async function ensureFirstAdministrator(
  deps: { db: Db; clock: Clock },
  options: { username: string; password?: string | undefined },
): Promise<FirstAdministrator> {
  const users = createUserRepository(deps.db);
  const existing = () => users.list()[0];
  const before = existing();
  if (before) return { created: false, username: before.username };

  const generatedPassword = options.password === undefined ? randomText(20) : null;
  const passwordHash = await hashPassword(options.password ?? generatedPassword ?? '');
  const now = deps.clock.now();
  const isCreated = users.insertFirst({
    id: newId('usr'),
    username: options.username,
    passwordHash,
    mustChangePassword: generatedPassword !== null,
    createdAt: now,
    updatedAt: now,
  });
  // Another process may have been faster while the password was hashed.
  if (!isCreated) return { created: false, username: existing()?.username ?? options.username };
  return { created: true, username: options.username, generatedPassword };
}
