import { CommanderError } from 'commander';
import { TakeoverError } from '../accounts/takeover-source.ts';
import { EncryptionKeyError } from '../core/encryption-key.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { redact } from '../core/log.ts';
import { EnvError } from '../env.ts';

/** What the process says to its caller by its exit code; `--help` lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, partlyFailed: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message for its user. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string) => new CliError('usage', message, exitCodes.usage);

export interface Failure {
  code: string;
  message: string;
  exitCode: ExitCode;
}

/** How anything a command throws is reported; secrets that a message might quote are cut out. */
export function failureOf(error: unknown): Failure {
  const failure = judge(error);
  return { ...failure, message: redact(failure.message) };
}

function judge(error: unknown): Failure {
  if (error instanceof CliError) return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) {
    const isMissingCommand = error.code === 'commander.help';
    const message = isMissingCommand ? 'A command is missing; see --help.' : error.message.replace(/^error: /, '');
    return { code: 'usage', message, exitCode: exitCodes.usage };
  }
  if (error instanceof EnvError) return { code: 'configuration', message: error.message, exitCode: exitCodes.usage };
  if (error instanceof EncryptionKeyError) {
    return { code: 'encryption_key', message: error.message, exitCode: exitCodes.usage };
  }
  if (error instanceof TakeoverError) return { code: 'takeover', message: error.message, exitCode: exitCodes.failed };
  if (error instanceof AppError && error.code === 'invalid_request') {
    return { code: 'usage', message: error.message, exitCode: exitCodes.usage };
  }
  return {
    code: error instanceof AppError ? error.code : 'failed',
    message: messageOf(error),
    exitCode: exitCodes.failed,
  };
}
