import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { type Env, EnvError, parseEnv } from '../env.ts';
import { isFetchCapLifted } from '../fetch-cap.ts';
import { checkDatabase } from './doctor-database.ts';
import { checkFiles } from './doctor-files.ts';
import { exitCodes } from './failure.ts';
import { type Finding, fail, ok } from './finding.ts';
import { addCommand, type Shell } from './shell.ts';
import { plainText } from './table.ts';

export function addDoctorCommand(program: Command, shell: Shell): void {
  addCommand(
    program,
    'doctor',
    'look for what is wrong with this installation and say how to mend it; changes nothing',
    ['doctor', 'doctor --json'],
  ).action(async () => {
    const findings = await examine(shell);
    const failed = findings.filter(({ status }) => status === 'fail').length;
    const warned = findings.filter(({ status }) => status === 'warn').length;
    const verdict = failed + warned === 0 ? 'All is well.' : `${failed} failed, ${warned} to look at.`;
    shell.finish({
      json: { ok: failed === 0, findings },
      text: [...findings.map(describe), '', verdict].join('\n'),
      exitCode: failed > 0 ? exitCodes.failed : exitCodes.ok,
    });
  });
}

async function examine(shell: Shell): Promise<Finding[]> {
  const env = readConfiguration(shell);
  // Without a configuration there is nothing else to look at.
  if ('finding' in env) return [env.finding];
  // The HTTP client takes longer to load than everything else; only this command needs it.
  const { checkNetwork } = await import('./doctor-network.ts');
  return [
    ok('configuration', 'every variable is valid'),
    ...checkFiles(env.env),
    ...checkDatabase(env.env, systemClock.now()),
    checkFetchCap(),
    ...(await checkNetwork(env.env, () => systemClock.now())),
  ];
}

function readConfiguration(shell: Shell): { env: Env } | { finding: Finding } {
  try {
    return { env: parseEnv(shell.variables) };
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    const mend = 'Correct these variables in the environment or in .env.';
    return { finding: fail('configuration', error.problems.join('; '), mend) };
  }
}

function checkFetchCap(): Finding {
  const check = 'parallel requests';
  if (isFetchCapLifted()) return ok(check, 'the cap of 256 upstream requests at once is lifted');
  const mend = 'Start the gateway with BUN_CONFIG_MAX_HTTP_REQUESTS=65336 in its environment.';
  return fail(check, 'no more than 256 upstream requests can run at once', mend);
}

function describe({ status, check, detail, mend }: Finding): string {
  const line = `${status.toUpperCase().padEnd(4)}  ${check}: ${plainText(detail)}`;
  return mend === null ? line : `${line}\n      → ${mend}`;
}
