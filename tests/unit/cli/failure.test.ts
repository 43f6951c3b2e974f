import { expect, test } from 'bun:test';
import { CommanderError } from 'commander';
import { CliError, exitCodes, failureOf } from '../../../server/cli/failure.ts';
import { parseStatuses } from '../../../server/cli/logs.ts';
import { EncryptionKeyError } from '../../../server/core/encryption-key.ts';
import { AppError } from '../../../server/core/errors.ts';
import { EnvError } from '../../../server/env.ts';

test.each([
  ['a wrong option', new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"), 'usage', 2],
  ['a missing command', new CommanderError(1, 'commander.help', '(outputHelp)'), 'usage', 2],
  ['a bad variable', new EnvError(['PORT: must be a whole number']), 'configuration', 2],
  ['a wrong key', new EncryptionKeyError('wrong'), 'encryption_key', 2],
  ['a value out of range', new AppError('invalid_request', 'x: must be y'), 'usage', 2],
  ['an unknown name', new CliError('not_found', 'There is no key "x".', exitCodes.notFound), 'not_found', 3],
  ['anything else', new Error('disk full'), 'failed', 1],
  ['what is no error', 'odd', 'failed', 1],
] as const)('%s has its own code and exit code', (_, error, code, exitCode) => {
  expect(failureOf(error)).toMatchObject({ code, exitCode });
});

test('X11: a secret that a message quotes is cut out', () => {
  expect(failureOf(new Error('bad value sk-abcdefghijklmnop here')).message).toBe('bad value [redacted] here');
});

test('status filters are codes and classes', () => {
  expect(parseStatuses('429, 5xx')).toEqual([
    { from: 429, to: 429 },
    { from: 500, to: 599 },
  ]);
  for (const text of ['', '6xx', '42', '5x', '200,', 'abc']) expect(() => parseStatuses(text)).toThrow(CliError);
});
