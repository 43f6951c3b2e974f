import { join } from 'node:path';

// Everything that must hold before a change lands: format, lint, types, generated documents, tests. Every step runs,
// also after a failed one, so that one run shows all there is to mend. `--fast` leaves the tests out.

const root = join(import.meta.dir, '..');
const bun = process.execPath;

const steps: readonly { name: string; command: string[] }[] = [
  { name: 'format', command: [bun, '--bun', 'run', 'biome', 'format', '.'] },
  { name: 'lint', command: [bun, '--bun', 'run', 'oxlint', '--deny-warnings'] },
  { name: 'types', command: [bun, '--bun', 'run', 'tsc', '--noEmit'] },
  { name: 'documents', command: [bun, 'scripts/write-docs.ts', '--check'] },
  { name: 'tests', command: [bun, 'test'] },
];

const failed: string[] = [];
for (const { name, command } of steps) {
  if (name === 'tests' && process.argv.includes('--fast')) continue;
  console.log(`\n== ${name}`);
  const step = Bun.spawn(command, { cwd: root, stdout: 'inherit', stderr: 'inherit', stdin: 'ignore' });
  if ((await step.exited) !== 0) failed.push(name);
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
