import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { keyFilePath, loadEncryptionKey } from '../core/encryption-key.ts';
import { messageOf } from '../core/errors.ts';
import type { Env } from '../env.ts';
import { readModelTable } from '../models/load.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Checks of the files on disk. None of them makes or changes a file. */
export function checkFiles(env: Env): Finding[] {
  return [checkModelsFile(env), checkWritable(env), checkModes(env), checkEncryptionKey(env)];
}

function checkModelsFile({ MODELS_FILE: path }: Env): Finding {
  const check = 'model table';
  if (path === undefined) return ok(check, 'the built-in one');
  try {
    readModelTable(path);
    return ok(check, path);
  } catch (error) {
    return fail(check, messageOf(error), 'Correct MODELS_FILE, or unset it to use the built-in table.');
  }
}

function checkWritable({ DATABASE_PATH: path }: Env): Finding {
  const check = 'database folder';
  let folder = dirname(path);
  // Missing folders are made at the first start, in the nearest one that is there.
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
    return ok(check, `${folder} can be written`);
  } catch (error) {
    return fail(check, messageOf(error), 'Give the user that runs the gateway write access, or set DATABASE_PATH.');
  }
}

function checkModes({ DATABASE_PATH: path }: Env): Finding {
  const check = 'file permissions';
  const files = [path, `${path}-wal`, `${path}-shm`, keyFilePath(path)].filter((file) => existsSync(file));
  if (files.length === 0) return ok(check, 'there are no files yet; they are made for their owner only');
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
  if (open.length === 0) return ok(check, `only their owner can read ${files.join(', ')}`);
  return warn(check, `other users can read ${open.join(', ')}`, `Run: chmod 600 ${open.join(' ')}`);
}

function checkEncryptionKey(env: Env): Finding {
  const check = 'encryption key';
  const path = keyFilePath(env.DATABASE_PATH);
  if (env.ENCRYPTION_KEY === undefined && !existsSync(path)) {
    // Asking for the key now would make the file, and doctor only looks.
    if (!existsSync(env.DATABASE_PATH)) return ok(check, `${path} is made at the first start`);
    return fail(check, `the key file ${path} is missing`, 'Put it back, or set ENCRYPTION_KEY to the key it held.');
  }
  try {
    const { source } = loadEncryptionKey({ databasePath: env.DATABASE_PATH, encryptionKey: env.ENCRYPTION_KEY });
    return ok(check, source === 'env' ? 'from ENCRYPTION_KEY' : path);
  } catch (error) {
    return fail(check, messageOf(error), 'Use the key that the database was encrypted with; nothing was changed.');
  }
}
