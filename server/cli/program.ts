import { Command, CommanderError } from 'commander';
import { commandName } from '../core/command-name.ts';
import { version } from '../core/version.ts';
import { addDoctorCommand } from './doctor.ts';
import { exitCodes, failureOf } from './failure.ts';
import { addInitCommand } from './init-db.ts';
import { addKeyCommands } from './keys.ts';
import { addLogCommand } from './logs.ts';
import { addSettingCommands } from './settings.ts';
import { addCommand, createShell, type Shell } from './shell.ts';
import { addTokenCommands } from './tokens.ts';

const explanation = `
Exit codes:
  0  done
  1  failed
  2  the command line or the configuration is wrong
  3  what was named does not exist
  4  partly failed, e.g. some items of an import were rejected

With --json every command prints one JSON document on standard output; a failure is
{"error":{"code","message"}} there. Logs go to standard error.
The configuration comes from the environment and .env; see .env.example.

First steps:
  $ ${commandName} init-db
  $ ${commandName} tokens import ~/.codex/auth.json
  $ ${commandName} keys create --name laptop
  $ ${commandName} serve`;

/** Runs one command line (without interpreter and script) and returns the exit code. Never throws. */
export async function run(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf('--');
  const isJson = argv.slice(0, end < 0 ? argv.length : end).includes('--json');
  const shell = createShell(isJson);
  // The reader of a pipe may leave early (`… | head`): nobody is left to tell.
  process.stdout.on('error', () => {});
  try {
    await createProgram(shell).parseAsync([...argv], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (isHelp(error)) return exitCodes.ok;
    const { code, message, exitCode } = failureOf(error);
    if (isJson) shell.print(JSON.stringify({ error: { code, message } }));
    else process.stderr.write(`error: ${message}\n`);
    return exitCode;
  }
}

function createProgram(shell: Shell): Command {
  const program = new Command(commandName)
    .description('An OpenAI-compatible gateway in front of your own ChatGPT/Codex accounts.')
    .version(version)
    .option('--json', 'print one JSON document instead of text')
    // Subcommands inherit these two. Errors are thrown and reported in one place.
    .exitOverride()
    .configureOutput({ outputError: () => {}, ...(shell.isJson && { writeErr: () => {} }) })
    .addHelpText('after', explanation);

  addCommand(program, 'serve', 'serve the gateway until SIGTERM or SIGINT', ['serve']).action(async () => {
    const { serve } = await import('../serve.ts');
    await serve(shell.variables, (ready) => shell.isJson && shell.print(JSON.stringify(ready)));
  });
  addCommand(program, 'demo', 'try the gateway against a simulated backend; leaves nothing behind', ['demo']).action(
    async () => {
      const { demo, demoText } = await import('../demo.ts');
      await demo(shell.variables, (ready) => shell.print(shell.isJson ? JSON.stringify(ready) : demoText(ready)));
    },
  );
  addInitCommand(program, shell);
  addKeyCommands(program, shell);
  addTokenCommands(program, shell);
  addLogCommand(program, shell);
  addSettingCommands(program, shell);
  addDoctorCommand(program, shell);
  return program;
}

/** Commander ends `--help`, `help` and `--version` by an error, too. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
