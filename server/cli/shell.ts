import type { Command } from 'commander';
import { commandName } from '../core/command-name.ts';
import { type ExitCode, exitCodes } from './failure.ts';

/** What a finished command says: one JSON document for machines, a text for people, and the exit code. */
export interface Result {
  json: unknown;
  text: string;
  exitCode?: ExitCode;
}

/** A command's way to the outside. Results go to standard output, everything else to standard error. */
export interface Shell {
  readonly isJson: boolean;
  /** The variables of the process, `.env` included. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** One line or block on standard output. */
  print(text: string): void;
  finish(result: Result): void;
  /** What the process is to end with. */
  readonly exitCode: ExitCode;
}

export function createShell(isJson: boolean): Shell {
  let exitCode: ExitCode = exitCodes.ok;
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    isJson,
    variables: process.env,
    print,
    finish(result) {
      print(isJson ? JSON.stringify(result.json) : result.text);
      exitCode = result.exitCode ?? exitCodes.ok;
    },
    get exitCode() {
      return exitCode;
    },
  };
}

/** A command without subcommands: it takes `--json`, and its help ends with `examples`, one a line. */
export function addCommand(parent: Command, usage: string, purpose: string, examples: readonly string[]): Command {
  return parent
    .command(usage)
    .description(purpose)
    .option('--json', 'print one JSON document instead of text')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${commandName} ${example}`).join('\n')}`);
}
