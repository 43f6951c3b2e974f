import type { Command } from 'commander';
import { type FirstAdministrator, ensureFirstAdministrator } from '../auth/users.ts';
import { keyFilePath } from '../core/encryption-key.ts';
import { type Context, openContext } from './context.ts';
import { addCommand, type Shell } from './shell.ts';

export function addInitCommand(program: Command, shell: Shell): void {
  addCommand(program, 'init-db', 'make or migrate the database and its first administrator; safe to run again', [
    'init-db',
    'init-db --json',
  ]).action(async () => {
    using context = openContext(shell.variables);
    const { env, db, clock } = context;
    const administrator = await ensureFirstAdministrator(
      { db, clock },
      { username: env.ADMIN_USERNAME, password: env.ADMIN_PASSWORD },
    );
    shell.finish({
      json: {
        database: env.DATABASE_PATH,
        created: context.isNew,
        migrations_applied: context.migrated,
        encryption_key: context.encryptionKey.source,
        administrator: {
          username: administrator.username,
          created: administrator.created,
          ...(administrator.created && {
            password: administrator.generatedPassword,
            must_change_password: administrator.generatedPassword !== null,
          }),
        },
      },
      text: describe(context, administrator),
    });
  });
}

function describe(context: Context, administrator: FirstAdministrator): string {
  const { env, isNew, migrated, encryptionKey } = context;
  if (!isNew && migrated === 0 && !administrator.created) {
    return `Nothing to do: ${env.DATABASE_PATH} is up to date and has an administrator ("${administrator.username}").`;
  }
  const lines: string[] = [];
  if (isNew) lines.push(`Made the database ${env.DATABASE_PATH}.`);
  else if (migrated > 0)
    lines.push(`Brought ${env.DATABASE_PATH} up to date (${migrated} migration${migrated === 1 ? '' : 's'}).`);
  if (encryptionKey.created) {
    lines.push(
      `Made the encryption key ${keyFilePath(env.DATABASE_PATH)}. Back it up: without it stored accounts cannot be read.`,
    );
  }
  if (administrator.created) {
    lines.push(`Made the administrator "${administrator.username}".`);
    if (administrator.generatedPassword === null) lines.push('The password is the one in ADMIN_PASSWORD.');
    else
      lines.push(`Password (shown this once, to be changed at the first sign-in): ${administrator.generatedPassword}`);
  }
  return lines.join('\n');
}
